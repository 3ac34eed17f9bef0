// Stands in for model/admissible.cc while there is none; CMakeLists.txt leaves
// it out as soon as there is. To be deleted then.

#include "model/admissible.h"

namespace powercut {

Result<std::vector<Observation>> AdmissibleObservations(const Model&, CrashKind,
                                                        size_t) {
  return Error{ErrorCode::kUnsupported,
               "this build has no list of what the model admits"};
}

}  // namespace powercut
