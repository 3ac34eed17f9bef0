// The names that files without a name have in a volume of programs.
//
// A file that a program makes by O_TMPFILE has no name that anybody could see,
// but simfs knows files by their names. So the file has a hidden name in the
// root directory, which no program can look up, list or make.

#ifndef POWERCUT_PROGRAMS_HIDDEN_NAME_H_
#define POWERCUT_PROGRAMS_HIDDEN_NAME_H_

#include <string_view>

namespace powercut::programs {

inline constexpr std::string_view kHiddenPrefix = ".powercut-unnamed-";

// Whether a name is one of a file without a name.
inline bool IsHiddenName(std::string_view name) {
  return name.starts_with(kHiddenPrefix);
}

}  // namespace powercut::programs

#endif  // POWERCUT_PROGRAMS_HIDDEN_NAME_H_
