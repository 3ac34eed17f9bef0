// Small traces from choices, and states of them, for fuzz targets.

#ifndef POWERCUT_FUZZ_DRAW_CHOSEN_TRACE_H_
#define POWERCUT_FUZZ_DRAW_CHOSEN_TRACE_H_

#include "fuzz/draw/chooser.h"
#include "harness/space/block_contents.h"
#include "harness/trace/trace.h"

namespace powercut {

// Up to `events_max` writes, discards and persists, of up to 8 sectors of 512
// bytes; now and then contents repeat. The same choices give the same trace.
Trace ChosenTrace(Chooser& chooser, uint64_t events_max);

// A state of any point and kind, of either origin, torn or not.
CrashState ChosenState(Chooser& chooser, BlockContents& contents);

}  // namespace powercut

#endif  // POWERCUT_FUZZ_DRAW_CHOSEN_TRACE_H_
