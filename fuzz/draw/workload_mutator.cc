// Mutates in three steps. The text is parsed, and the ops of the two sections
// become lists. One to four random changes are made to the lists, with no
// regard to whether the ops still make sense. Then the lists are repaired: all
// ops are played through the model in order, and an op that the model says must
// fail is left out.
//
// An example. The file is
//
//     init    create /a
//     run     write /a 0 512, fsync /a
//
// The change inserts `rename /a /b` before the fsync. The repair keeps the
// create, the write and the rename, and drops the fsync, since /a is gone. What
// a change breaks is left out and everything else stays, so that small changes
// stay small and most results reach the library under test.

#include "fuzz/draw/workload_mutator.h"

#include <algorithm>
#include <array>
#include <vector>

#include "model/files/model.h"
#include "model/pcut/pcut.h"

namespace powercut {
namespace {

// These are short names, names in directories, and names so long that a few
// dozen of them split the index of a directory.
constexpr std::array<std::string_view, 8> kFiles = {
    "/a",
    "/b",
    "/c",
    "/d/a",
    "/d/b",
    "/d/e/a",
    "/a_name_so_long_that_few_entries_fill_an_index_node_of_the_directory_1",
    "/d/a_name_so_long_that_few_entries_fill_an_index_node_of_it_2"};
constexpr std::array<std::string_view, 3> kDirectories = {"/d", "/d/e", "/f"};
// The sizes lie around those at which storage changes its ways: an NTFS record
// holds about 700 bytes of data, and a cluster has 4096.
constexpr std::array<uint64_t, 12> kSizes = {
    1, 16, 511, 512, 513, 700, 1024, 4095, 4096, 4097, 9000, 40000};

template <size_t kCount>
std::string Pick(const std::array<std::string_view, kCount>& from, Prng& prng) {
  return std::string(from[prng.Below(kCount)]);
}

std::string PickFile(Prng& prng) {
  std::string file = Pick(kFiles, prng);
  // Variants of the long names fill a directory.
  if (file.size() > 20) file += std::to_string(prng.Below(8));
  return file;
}

uint64_t PickSize(Prng& prng) {
  const uint64_t size = kSizes[prng.Below(kSizes.size())];
  return prng.OneIn(3) ? size : size + prng.Below(3);
}

// Draws an op with all its operands. It need not make sense.
Op RandomOp(Prng& prng) {
  constexpr std::array kKinds = {
      OpKind::kCreate, OpKind::kCreate,    OpKind::kCreate, OpKind::kMkdir,
      OpKind::kWrite,  OpKind::kWrite,     OpKind::kWrite,  OpKind::kAppend,
      OpKind::kAppend, OpKind::kTruncate,  OpKind::kRename, OpKind::kRename,
      OpKind::kLink,   OpKind::kUnlink,    OpKind::kRmdir,  OpKind::kFsync,
      OpKind::kFsync,  OpKind::kFdatasync, OpKind::kSyncfs,
  };
  Op op;
  op.kind = kKinds[prng.Below(kKinds.size())];
  const bool directory =
      op.kind == OpKind::kMkdir || op.kind == OpKind::kRmdir || prng.OneIn(10);
  for (const char operand : SignatureOf(op.kind).operands) {
    if (operand == 'P') {
      op.names.push_back(directory ? Pick(kDirectories, prng) : PickFile(prng));
    } else if (operand == 'N') {
      op.numbers.push_back(PickSize(prng));
    }
  }
  // Half of the writes begin at the start of the file.
  if (op.kind == OpKind::kWrite) {
    op.numbers[0] = prng.OneIn(2) ? 0 : PickSize(prng);
  }
  return op;
}

// The ops of a workload in its two sections.
struct Sections {
  std::vector<Op> init;
  std::vector<Op> run;

  size_t size() const { return init.size() + run.size(); }
  // Counts through both sections.
  Op& at(size_t i) { return i < init.size() ? init[i] : run[i - init.size()]; }
};

Sections SectionsOf(std::string_view text, Prng& prng) {
  Sections sections;
  const auto workload = ParseWorkload(text, "input");
  if (workload) {
    sections.init = workload->init;
    sections.run = workload->run;
  }
  // A mutation needs something to work on.
  while (sections.size() < 3) sections.run.push_back(RandomOp(prng));
  return sections;
}

void MutateOnce(Sections& sections, Prng& prng) {
  std::vector<Op>& section = prng.OneIn(3) ? sections.init : sections.run;
  const size_t at = prng.Below(section.size() + 1);
  const auto place = section.begin() + static_cast<ptrdiff_t>(at);
  switch (prng.Below(8)) {
    case 0:
    case 1:
    case 2:
      section.insert(place, RandomOp(prng));
      break;
    case 3:
      if (place != section.end()) section.erase(place);
      break;
    case 4:
      if (place != section.end()) section.insert(place, Op(*place));
      break;
    case 5: {
      // The border between the sections moves.
      if (sections.run.empty()) break;
      sections.init.push_back(sections.run.front());
      sections.run.erase(sections.run.begin());
      break;
    }
    case 6: {
      // An op gets another operand.
      Op& op = sections.at(prng.Below(sections.size()));
      if (!op.names.empty() && prng.OneIn(2)) {
        op.names[prng.Below(op.names.size())] = PickFile(prng);
      } else if (!op.numbers.empty()) {
        op.numbers[prng.Below(op.numbers.size())] = PickSize(prng);
      }
      break;
    }
    default: {
      // Several creates with long names follow each other.
      for (uint64_t i = prng.Below(12); i > 0; --i) {
        Op op;
        op.kind = OpKind::kCreate;
        op.names = {std::string(kFiles[6 + prng.Below(2)]) +
                    std::to_string(prng.Below(40))};
        section.push_back(op);
      }
    }
  }
}

// Keeps the ops that can succeed, in order, and at least one op in `run`.
Sections Repair(const Sections& sections, Prng& prng) {
  Workload all;
  for (const auto* section : {&sections.init, &sections.run}) {
    for (const Op& op : *section) {
      if (all.init.size() == 4 * kMutatedOpsMax) break;
      all.init.push_back(op);
      Op& added = all.init.back();
      // Expected results and overlaps would seldom survive a change, and large
      // numbers would fill the disk.
      added.number = static_cast<uint32_t>(all.init.size());
      added.expected = {};
      added.start.reset();
      for (uint64_t& n : added.numbers) n = std::min<uint64_t>(n, 1 << 16);
    }
  }
  // Any profile will do: the ops that are drawn fail alike under all profiles.
  Model model(all, Profiles()[0]);
  Sections kept;
  for (const Op& op : all.init) {
    if (kept.size() == kMutatedOpsMax) break;
    if (!model.Plan(op).error.empty()) continue;
    model.Begin(op.number);
    model.End(op.number, true);
    // Numbers are those before anything was left out.
    const bool in_init = op.number <= sections.init.size();
    (in_init ? kept.init : kept.run).push_back(op);
  }
  if (kept.run.empty()) {
    Op sync;
    sync.kind = prng.OneIn(2) ? OpKind::kSyncfs : OpKind::kMkdir;
    if (sync.kind == OpKind::kMkdir) sync.names = {"/new"};
    kept.run.push_back(sync);
  }
  return kept;
}

std::string TextOf(const Sections& sections) {
  Pcut pcut;
  const auto add = [&](Statement::Kind kind) -> Statement& {
    pcut.statements.emplace_back();
    pcut.statements.back().kind = kind;
    return pcut.statements.back();
  };
  add(Statement::kVersion);
  add(Statement::kBackend).text = "ntfs-3g";
  add(Statement::kInit);
  for (const Op& op : sections.init) add(Statement::kOp).op = op;
  add(Statement::kRun);
  for (const Op& op : sections.run) add(Statement::kOp).op = op;
  return PrintPcut(pcut);
}

}  // namespace

std::string MutateWorkload(std::string_view text, Prng& prng) {
  Sections sections = SectionsOf(text, prng);
  for (uint64_t i = prng.Below(4) + 1; i > 0; --i) MutateOnce(sections, prng);
  return TextOf(Repair(sections, prng));
}

std::string CrossWorkloads(std::string_view a, std::string_view b, Prng& prng) {
  Sections sections = SectionsOf(a, prng);
  const Sections other = SectionsOf(b, prng);
  for (const Op& op : other.run) {
    if (prng.OneIn(2)) sections.run.push_back(op);
  }
  return TextOf(Repair(sections, prng));
}

}  // namespace powercut
