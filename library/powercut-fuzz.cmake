# powercut_add_fuzz_target(NAME SOURCES...) adds a libFuzzer program that links
# powercut (the compiler must be clang), and NAME.options beside it, which
# ClusterFuzzLite and OSS-Fuzz read: without length control, since short inputs
# make few crashes.
function(powercut_add_fuzz_target name)
  if(NOT CMAKE_CXX_COMPILER_ID MATCHES Clang)
    message(FATAL_ERROR
            "powercut_add_fuzz_target(${name}): libFuzzer comes with clang; "
            "configure with -DCMAKE_CXX_COMPILER=clang++")
  endif()
  add_executable(${name} ${ARGN})
  target_link_libraries(${name} PRIVATE powercut::powercut)
  target_compile_features(${name} PRIVATE cxx_std_20)
  target_compile_options(${name} PRIVATE -fsanitize=fuzzer -g -O1)
  target_link_options(${name} PRIVATE -fsanitize=fuzzer)
  file(GENERATE OUTPUT $<TARGET_FILE_DIR:${name}>/${name}.options
       CONTENT "[libfuzzer]\nlen_control=0\nmax_len=4096\n")
endfunction()
