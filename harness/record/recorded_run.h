// RecordedRun: a workload that was run on a backend, as one value: what
// exploring, replaying, explaining and minimizing all ask about.

#ifndef POWERCUT_HARNESS_RECORD_RECORDED_RUN_H_
#define POWERCUT_HARNESS_RECORD_RECORDED_RUN_H_

#include "harness/backend.h"
#include "harness/record/program_losses.h"
#include "harness/record/recording.h"
#include "harness/record/run_setting.h"
#include "model/words/workload.h"

namespace powercut {

// A view: what it refers to must outlive it.
struct RecordedRun {
  Backend& backend;
  const Workload& workload;
  const RunSetting& setting;
  const Recording& recording;
  // What a crash takes of the recorded program; `nullptr` if its calls are not
  // known, or if the run is of a workload.
  const ProgramLosses* losses = nullptr;
  // Whether the recording is a log of another tool, which nobody ran here.
  bool imported = false;

  const Trace& trace() const { return recording.trace; }
  const Profile& profile() const { return *setting.profile; }
};

}  // namespace powercut

#endif  // POWERCUT_HARNESS_RECORD_RECORDED_RUN_H_
