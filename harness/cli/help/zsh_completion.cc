// The completion of zsh: one call of _arguments for each verb. Values are
// proposed by compadd, since an inline list would take `:` and spaces for its
// own.

#include <fmt/format.h>

#include <string>
#include <string_view>
#include <vector>

#include "harness/cli/help/completions.h"
#include "harness/cli/help/help_text.h"
#include "harness/cli/help/known_values.h"

namespace powercut {
namespace {

// The text as it stands within single quotes.
std::string Escaped(std::string_view text) {
  std::string escaped;
  for (const char c : text) {
    escaped += c == '\'' ? std::string("'\\''") : std::string(1, c);
  }
  return escaped;
}

std::string Quoted(std::string_view text) { return "'" + Escaped(text) + "'"; }

// An explanation of _arguments, in brackets, which may hold no bracket.
std::string Explanation(const DeclaredFlag& flag) {
  std::string text;
  for (const char c : FlagText(flag)) {
    if (c == '[' || c == ']' || c == '\\') text += '\\';
    text += c;
  }
  return "[" + text + "]";
}

// A function for the values of one flag, and its name.
std::string ValuesFunction(const std::string& name, const DeclaredFlag& flag,
                           const std::vector<std::string>& values) {
  std::string text = name + "() {\n";
  if (flag.commas) text += "  compset -P '*,'\n";
  text += "  compadd -- ";
  for (const std::string& value : values) text += Quoted(value) + " ";
  text.pop_back();
  return text + "\n}\n\n";
}

// What _arguments calls to complete a value.
std::string ActionOf(const DeclaredFlag& flag, const std::string& function,
                     bool has_values) {
  if (flag.value == FlagValue::kFile) return "_files";
  if (flag.value == FlagValue::kFolder) return "_files -/";
  return has_values ? function : " ";
}

class Script {
 public:
  void Add(const DeclaredVerb& verb) {
    std::string specs;
    for (const DeclaredFlag& flag : verb.flags) {
      specs += flag.positional() ? Argument(flag) : Named(verb, flag);
    }
    specs += " \\\n        '(-h --help)'{-h,--help}'[explain the verb]'";
    specs += " \\\n        '--help-all[explain every flag]'";
    cases_ += fmt::format("    {})\n      _arguments -s -S{}\n      ;;\n",
                          verb.name, specs);
    verbs_ += "    " + Quoted(verb.name + ":" + verb.summary) + "\n";
  }

  std::string Text() const {
    return "#compdef powercut\n"
           "# Completion of powercut in zsh, made from the table of "
           "flags.\n\n" +
           functions_ + "_powercut() {\n  local -a verbs=(\n" + verbs_ +
           "  )\n"
           "  if (( CURRENT == 2 )); then\n"
           "    _describe verb verbs\n    return\n  fi\n"
           "  local verb=$words[2]\n"
           "  shift words\n  (( CURRENT-- ))\n"
           "  case $verb in\n" +
           cases_ + "  esac\n}\n\n_powercut \"$@\"\n";
  }

 private:
  std::string Argument(const DeclaredFlag& flag) const {
    if (flag.value == FlagValue::kCommand) {
      return " \\\n        '*:::program: _normal'";
    }
    const std::string action = flag.value == FlagValue::kFile ? "_files" : " ";
    return fmt::format(" \\\n        '{}:{}:{}'", flag.list ? "*" : "",
                       flag.names[0], action);
  }

  std::string Named(const DeclaredVerb& verb, const DeclaredFlag& flag) {
    const std::vector<std::string> values = KnownValues(flag);
    const std::string function = fmt::format(
        "_powercut_{}_{}", verb.name,
        flag.names.back().substr(flag.names.back().find_first_not_of('-')));
    const bool value = flag.value != FlagValue::kNone;
    if (!values.empty()) {
      functions_ += ValuesFunction(function, flag, values);
    }
    std::string all;
    for (const std::string& name : flag.names) all += " " + name;
    std::string specs;
    for (const std::string& name : flag.names) {
      // A flag that was given is proposed again only if it may be repeated.
      const std::string before =
          flag.list ? "'*'" : "'(" + all.substr(1) + ")'";
      const std::string joined = !value                   ? ""
                                 : name.starts_with("--") ? "="
                                                          : "+";
      specs +=
          " \\\n        " + before + name + joined + Quoted(Explanation(flag));
      if (value) {
        specs += Quoted(":" + flag.value_word + ":" +
                        ActionOf(flag, function, !values.empty()));
      }
    }
    return specs;
  }

  std::string functions_;
  std::string verbs_;
  std::string cases_;
};

}  // namespace

std::string ZshCompletion(const std::deque<DeclaredVerb>& verbs) {
  Script script;
  for (const DeclaredVerb& verb : verbs) script.Add(verb);
  return script.Text();
}

}  // namespace powercut
