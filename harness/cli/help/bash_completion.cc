// The completion of bash.
//
// Two functions hold the table: one gives the flags of a verb, one the values
// of a flag, one a line. The rest of the script is the same for any table. It
// splits the line itself, because bash breaks words at `=` and `:`, which are
// in values such as `epoch:1`; what is proposed then begins after the last of
// these characters, as bash expects.

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <string>
#include <string_view>
#include <vector>

#include "harness/cli/help/completions.h"
#include "harness/cli/help/known_values.h"

namespace powercut {
namespace {

constexpr std::string_view kScript = R"bash(
# The words up to the cursor, the last of which is being typed.
_powercut_words() {
  local line=${COMP_LINE:0:COMP_POINT}
  read -ra _powercut_line <<<"$line"
  case $line in *[[:space:]]) _powercut_line+=('') ;; esac
}

# Proposes the lines of $1 that begin with $2.
_powercut_propose() {
  local value word=$2 lead=
  # bash replaces what follows the last of these characters only.
  case $word in *[=:]*) lead=${word%"${word##*[=:]}"} ;; esac
  while IFS= read -r value; do
    [ -n "$value" ] && [[ $value == "$word"* ]] || continue
    value=${value#"$lead"}
    COMPREPLY+=("${value// /\\ }")
  done <<<"$1"
}

# The same for a list with commas, of which the last part is being typed.
_powercut_propose_list() {
  local lead= value values=
  case $2 in *,*) lead=${2%,*}, ;; esac
  while IFS= read -r value; do values+=$lead$value$'\n'; done <<<"$1"
  _powercut_propose "$values" "$2"
}

_powercut() {
  local -a _powercut_line
  _powercut_words
  COMPREPLY=()
  local count=${#_powercut_line[@]}
  local word=${_powercut_line[count - 1]} verb=${_powercut_line[1]-}
  local flag=${_powercut_line[count - 2]}
  if [ "$count" -le 2 ]; then
    _powercut_propose "$_powercut_verbs" "$word"
    return
  fi
  local given
  for given in "${_powercut_line[@]:2:count - 3}"; do
    # A command with words of its own follows.
    if [ "$given" = -- ]; then
      compopt -o default 2>/dev/null
      [ "$flag" = -- ] && mapfile -t COMPREPLY < <(compgen -c -- "$word")
      return
    fi
  done
  case $word in
    --*=*)
      flag=${word%%=*}
      word=${word#*=}
      ;;
    -*)
      _powercut_propose "$(_powercut_flags "$verb")" "$word"
      return
      ;;
  esac
  local values kind
  values=$(_powercut_values "$verb" "$flag")
  kind=${values%%$'\n'*}
  values=${values#*$'\n'}
  case $kind in
    values) _powercut_propose "$values" "$word" ;;
    list) _powercut_propose_list "$values" "$word" ;;
    folder)
      compopt -o filenames 2>/dev/null
      mapfile -t COMPREPLY < <(compgen -d -- "$word")
      ;;
    text) ;;
    *)
      compopt -o filenames 2>/dev/null
      mapfile -t COMPREPLY < <(compgen -f -- "$word")
      ;;
  esac
}

complete -F _powercut powercut
)bash";

std::string Quoted(const std::string& text) {
  std::string quoted = "'";
  for (const char c : text) {
    quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
  }
  return quoted + "'";
}

// How the values of a flag are proposed; empty for a switch.
std::string KindOf(const DeclaredFlag& flag,
                   const std::vector<std::string>& values) {
  if (flag.value == FlagValue::kNone) return "";
  if (flag.value == FlagValue::kFile) return "file";
  if (flag.value == FlagValue::kFolder) return "folder";
  if (values.empty()) return "text";
  return flag.commas ? "list" : "values";
}

// The values of the flags of one verb, as branches of a `case`.
std::string ValuesOf(const DeclaredVerb& verb) {
  std::string text;
  for (const DeclaredFlag& flag : verb.flags) {
    if (flag.positional()) continue;
    const std::vector<std::string> values = KnownValues(flag);
    const std::string kind = KindOf(flag, values);
    if (kind.empty()) continue;
    text += fmt::format("    '{} {}')", verb.name,
                        fmt::join(flag.names, "' | '" + verb.name + " "));
    text += " printf '%s\\n' " + kind;
    for (const std::string& value : values) text += " " + Quoted(value);
    text += " ;;\n";
  }
  return text;
}

}  // namespace

std::string BashCompletion(const std::deque<DeclaredVerb>& verbs) {
  std::string text =
      "# Completion of powercut in bash, made from the table of flags.\n\n"
      "_powercut_verbs='";
  for (const DeclaredVerb& verb : verbs) text += verb.name + "\n";
  text +=
      "'\n\n# The flags of the verb $1.\n_powercut_flags() {\n"
      "  case $1 in\n";
  for (const DeclaredVerb& verb : verbs) {
    text += "    " + verb.name + ") printf '%s\\n'";
    for (const DeclaredFlag& flag : verb.flags) {
      if (flag.positional()) continue;
      for (const std::string& name : flag.names) text += " " + name;
    }
    text += " --help --help-all ;;\n";
  }
  text +=
      "  esac\n}\n\n# How values of the flag $2 of the verb $1 are "
      "proposed, then the values.\n"
      "_powercut_values() {\n  case \"$1 $2\" in\n";
  for (const DeclaredVerb& verb : verbs) text += ValuesOf(verb);
  text += "    *) printf '%s\\n' file ;;\n  esac\n}\n";
  return text + std::string(kScript);
}

}  // namespace powercut
