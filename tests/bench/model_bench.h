// BenchModel(): the speed of the model and of the litmus suite, printed as
// rows.

#ifndef POWERCUT_TESTS_BENCH_MODEL_BENCH_H_
#define POWERCUT_TESTS_BENCH_MODEL_BENCH_H_

namespace powercut {

// Measures Model::Check() of 100 files against recovering the same files, on
// simfs and on ntfs-3g (if it is built in), then AdmissibleObservations() and
// the litmus suite on simfs and clfs. Everything runs in this process, on one
// core.
void BenchModel();

}  // namespace powercut

#endif  // POWERCUT_TESTS_BENCH_MODEL_BENCH_H_
