// Asks those who know: the registry of backends, the table of profiles, the
// rules of faults. What has no list of its own (spaces, sizes, times) has
// examples here, which a test parses.

#include "harness/cli/help/known_values.h"

#include "backends/registry.h"
#include "harness/fault/fault.h"
#include "model/pcut/pcut.h"
#include "model/table/profile.h"

namespace powercut {
namespace {

std::vector<std::string> ProfileNames() {
  std::vector<std::string> names;
  for (const Profile& profile : Profiles()) names.push_back(profile.name);
  return names;
}

// Each kind on each type of request that it can fall on.
std::vector<std::string> FaultTexts() {
  std::vector<std::string> texts;
  for (const char* kind :
       {"error", "full", "lie", "lose", "tear", "misdirect", "flip", "delay"}) {
    for (const char* target : {"read", "write", "flush", "discard"}) {
      std::string text = std::string(kind) + " on " + target;
      const auto fault = ParseFault(text, "");
      if (fault && CheckFaultIsOffered(*fault)) texts.push_back(text);
    }
  }
  return texts;
}

}  // namespace

std::vector<std::string> KnownValues(const DeclaredFlag& flag) {
  std::vector<std::string> values;
  switch (flag.value) {
    case FlagValue::kChoice:
      return flag.choices;
    case FlagValue::kBackend:
      values = BackendNames();
      break;
    case FlagValue::kProfile:
      values = ProfileNames();
      break;
    case FlagValue::kCrashKind:
      values = {"process", "os", "power"};
      break;
    case FlagValue::kFault:
      values = FaultTexts();
      break;
    case FlagValue::kSpace:
      values = {"prefix",     "epoch:1",       "epoch:2",       "sample:100",
                "exhaustive", "prefix+torn:1", "epoch:1+torn:1"};
      break;
    case FlagValue::kSize:
      values = {"64M", "512M", "1G"};
      break;
    case FlagValue::kTime:
      values = {"30s", "2m", "1h"};
      break;
    case FlagValue::kNone:
    case FlagValue::kText:
    case FlagValue::kNumber:
    case FlagValue::kFile:
    case FlagValue::kFolder:
    case FlagValue::kStateId:
    case FlagValue::kCommand:
      break;
  }
  values.insert(values.end(), flag.more_values.begin(), flag.more_values.end());
  return values;
}

}  // namespace powercut
