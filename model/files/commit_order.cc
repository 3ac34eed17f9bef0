// Each change is two implications, of which the log of a sync lifts one:
//
//   commit i   implies change i   (not for a size; see below)
//   change i   implies commit i   (until it is lifted)
//
// A change that is found and not lifted therefore implies all changes before
// it, those that are lifted included.
//
// A size that an op set waits for no commit of its own: on a volume without the
// feature `no-holes` a commit writes a size only as far as the data below it is
// complete. A later change does not imply it.

#include "model/files/commit_order.h"

#include <algorithm>
#include <utility>

namespace powercut {

CommitOrder::CommitOrder(Chains& chains)
    : chain_(chains.Add(ChainKind::kCommit, 0)) {}

void CommitOrder::ChangeName(const NameStep& step) { logged_.Change(step); }

void CommitOrder::Add(Chains& chains, ChainVersion change, uint32_t op) {
  const ChainVersion commit = chains.Append(chain_, op);
  entries_.push_back({change, op});
  // The rule with the older conclusion comes first (Chains::CloseFloors()).
  if (chains[change.chain].kind != ChainKind::kShape) {
    chains.Imply(commit, change, OrderRule::kCommit);
  }
  chains.Imply(change, commit, OrderRule::kCommit);
}

void CommitOrder::AddName(Chains& chains, ChainVersion change, uint32_t op,
                          NameId name) {
  Add(chains, change, op);
  of_name_[name].push_back(chains[chain_].newest());
  if (logged_.HoldsName(name)) new_names_.push_back(name);
}

void CommitOrder::AddFile(Chains& chains, ChainVersion change, uint32_t op,
                          FileId file) {
  Add(chains, change, op);
  of_file_[file].push_back(chains[chain_].newest());
  if (logged_.Holds(file)) new_files_.push_back(file);
}

void CommitOrder::BeginSync(uint32_t op, FileId file) {
  logged_.Sync(op, file);
  running_.insert(op);
}

std::set<ChainVersion> CommitOrder::Lift(Chains& chains) {
  if (running_.empty()) return {};
  std::set<ChainVersion> lifted;
  const auto lift = [&](auto& versions_of, auto key) {
    const auto found = versions_of.find(key);
    if (found == versions_of.end()) return;
    for (const uint32_t version : found->second) {
      entries_[version - 1].lifted = true;
      lifted.insert(entries_[version - 1].change);
    }
    versions_of.erase(found);
  };
  const auto names = logged_.TakeNewNames();
  const auto files = logged_.TakeNewFiles();
  new_names_.insert(new_names_.end(), names.begin(), names.end());
  new_files_.insert(new_files_.end(), files.begin(), files.end());
  // What was in the log may have left it by a commit.
  for (const NameId name : std::exchange(new_names_, {})) {
    if (logged_.HoldsName(name)) lift(of_name_, name);
  }
  for (const FileId file : std::exchange(new_files_, {})) {
    if (logged_.Holds(file)) lift(of_file_, file);
  }
  if (!lifted.empty()) chains.Lift(chain_, lifted);
  return lifted;
}

}  // namespace powercut
