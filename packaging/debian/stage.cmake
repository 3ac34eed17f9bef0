# Runs in CPack between the installation and the packing (stage.sh says what it
# does there).
execute_process(
    COMMAND ${CMAKE_CURRENT_LIST_DIR}/stage.sh
            ${CPACK_TEMPORARY_INSTALL_DIRECTORY}
    COMMAND_ERROR_IS_FATAL ANY)
