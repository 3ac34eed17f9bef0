// Speed of the model and of the litmus suite, printed as rows.

#ifndef POWERCUT_TESTS_BENCH_MODEL_BENCH_H_
#define POWERCUT_TESTS_BENCH_MODEL_BENCH_H_

namespace powercut {

// Model::Check() of 100 files beside recovering the same files, on simfs and on
// ntfs-3g if it is built in; AdmissibleObservations(); the litmus suite on
// simfs and clfs. One core: everything runs in this process.
void BenchModel();

}  // namespace powercut

#endif  // POWERCUT_TESTS_BENCH_MODEL_BENCH_H_
