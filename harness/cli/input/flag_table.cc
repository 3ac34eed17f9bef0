// The words of the table of flags.

#include "harness/cli/input/flag_table.h"

namespace powercut {

std::string_view FlagGroupTitle(FlagGroup group) {
  switch (group) {
    case FlagGroup::kInput:
      return "Input";
    case FlagGroup::kRecording:
      return "Recording";
    case FlagGroup::kStorage:
      return "Storage and its promises";
    case FlagGroup::kFaults:
      return "Faults";
    case FlagGroup::kJudging:
      return "Judging";
    case FlagGroup::kSpace:
      return "Crash space";
    case FlagGroup::kBudget:
      return "Work and bounds";
    case FlagGroup::kReport:
      return "Reports";
    case FlagGroup::kOutput:
      break;
  }
  return "Output";
}

std::string_view FlagValueWord(FlagValue value) {
  switch (value) {
    case FlagValue::kNone:
    case FlagValue::kChoice:
      return "";
    case FlagValue::kText:
      return "TEXT";
    case FlagValue::kNumber:
      return "N";
    case FlagValue::kFile:
      return "FILE";
    case FlagValue::kFolder:
      return "FOLDER";
    case FlagValue::kBackend:
    case FlagValue::kProfile:
      return "NAME";
    case FlagValue::kSpace:
      return "SPACE";
    case FlagValue::kCrashKind:
      return "KINDS";
    case FlagValue::kFault:
      return "FAULT";
    case FlagValue::kSize:
      return "SIZE";
    case FlagValue::kTime:
      return "TIME";
    case FlagValue::kStateId:
      return "ID";
    case FlagValue::kCommand:
      break;
  }
  return "COMMAND";
}

}  // namespace powercut
