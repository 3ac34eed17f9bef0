// Tests minimizing where the first kind of crash that shows the cause needs
// more ops for it than another kind: the file that is left must be the smaller
// one.

#include <gtest/gtest.h>

#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "harness/minimize/minimize.h"

namespace powercut {
namespace {

constexpr uint64_t kSectors = 64;

// A volume that forgets its files when it is closed. Two ops write sectors, in
// this order:
//
//   create /two     sector 2 at the process, sector 1 at the process
//   create /three   sector 5 at the device, sectors 3 and 4 at the process
//
// No op has a flush. What was written is in a sector if its first byte is not
// zero. The volume does not open if sectors 1 and 3 are written and 2 is not:
// this takes both ops, and a crash of any kind. Neither does it open if 4 is
// written and 5 is not: this takes one op, and a loss of power.
class LayersMount : public Mount {
 public:
  LayersMount(VirtualDisk& disk, std::string unreadable)
      : disk_(disk), unreadable_(std::move(unreadable)) {}

  OpResult Apply(const Op& op, uint64_t, std::string_view) override {
    if (op.kind != OpKind::kCreate) return {};
    created_.insert(op.names[0]);
    if (op.names[0] == "/two") {
      Write(2, Layer::kProcess);
      Write(1, Layer::kProcess);
    } else if (op.names[0] == "/three") {
      Write(5, Layer::kDevice);
      Write(3, Layer::kProcess);
      Write(4, Layer::kProcess);
    }
    return {};
  }
  OpResult Shutdown() override { return {}; }
  Observation Observe() override {
    Observation seen;
    seen.unreadable = unreadable_;
    for (const std::string& path : created_) {
      ObservedEntry& entry = seen.entries.emplace_back();
      entry.path = path;
      entry.file_id = seen.entries.size();
    }
    return seen;
  }

 private:
  void Write(uint64_t sector, Layer layer) {
    EXPECT_TRUE(disk_.Write(sector, Bytes(512, std::byte{1}), layer));
  }

  VirtualDisk& disk_;
  std::string unreadable_;
  std::set<std::string> created_;
};

class LayersBackend : public Backend {
 public:
  LayersBackend() {
    traits_.name = "layers";
    traits_.profile = "posix-minimal";
    traits_.default_disk_bytes = traits_.minimum_disk_bytes = kSectors * 512;
    traits_.sector_sizes_bytes = {512};
    traits_.crash_kinds = {CrashKind::kOs, CrashKind::kPower};
    traits_.ops = {OpKind::kCreate, OpKind::kSyncfs};
  }
  const BackendTraits& traits() const override { return traits_; }
  Result<std::shared_ptr<const SparseImage>> Format(
      const FormatSpec& spec) override {
    return std::make_shared<const SparseImage>(spec.geometry.size_bytes());
  }
  MountResult Open(VirtualDisk& disk) override {
    std::vector<bool> written;
    Bytes sector(512);
    for (uint64_t n = 0; n <= 5; ++n) {
      EXPECT_TRUE(disk.Read(n, sector));
      written.push_back(sector[0] != std::byte{0});
    }
    const bool broken = (written[1] && written[3] && !written[2]) ||
                        (written[4] && !written[5]);
    return {std::make_unique<LayersMount>(disk, broken ? "broken" : ""), ""};
  }

 private:
  BackendTraits traits_;
};

TEST(MinimizeKindsTest, AnotherKindOfCrashMayNeedFewerOps) {
  LayersBackend backend;
  for (const std::string kinds : {"os,power", "power,os", "os", "power"}) {
    SCOPED_TRACE(kinds);
    const std::string text = "powercut 1\nbackend layers\ncrash " + kinds +
                             "\nrun\n  create /two\n  create /other\n"
                             "  create /three\n";
    const auto pcut = ParsePcut(text, "given.pcut");
    ASSERT_TRUE(pcut) << pcut.error().message;
    const auto workload = ParseWorkload(text, "given.pcut");
    ASSERT_TRUE(workload) << workload.error().message;
    const auto setting = ResolveSetting(*workload, backend, {});
    ASSERT_TRUE(setting) << setting.error().message;
    MinimizeOptions options;
    options.explore.space = {ExplorationSpace::kExhaustive, 0, 0};
    options.explore.jobs = 0;
    const auto minimized =
        Minimize(backend, *pcut, "given.pcut", *setting, options);
    ASSERT_TRUE(minimized) << minimized.error().message;
    const bool power = kinds != "os";
    EXPECT_EQ(minimized->ops, power ? 1u : 2u) << PrintPcut(minimized->pcut);
    const std::string left = PrintPcut(minimized->pcut);
    EXPECT_EQ(left.find("/two") == left.npos, power) << left;
    EXPECT_EQ(left.find("/other"), left.npos) << left;
  }
}

}  // namespace
}  // namespace powercut
