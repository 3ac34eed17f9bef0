// ChosenTrace and ChosenState make small traces and crash states from choices,
// for fuzz targets.

#ifndef POWERCUT_FUZZ_DRAW_CHOSEN_TRACE_H_
#define POWERCUT_FUZZ_DRAW_CHOSEN_TRACE_H_

#include "fuzz/draw/chooser.h"
#include "harness/space/block_contents.h"
#include "harness/trace/trace.h"

namespace powercut {

// Returns a trace of up to `events_max` writes, discards and persists on a disk
// of 1 to 8 sectors of 512 bytes. Contents repeat now and then. The trace has
// no marks. The same choices give the same trace.
Trace ChosenTrace(Chooser& chooser, uint64_t events_max);

// Returns a crash state of any point and kind, of either origin, with or
// without torn blocks.
CrashState ChosenState(Chooser& chooser, BlockContents& contents);

}  // namespace powercut

#endif  // POWERCUT_FUZZ_DRAW_CHOSEN_TRACE_H_
