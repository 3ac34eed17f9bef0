// What ops do, what flushes promise, what may be found, and the words of each
// violation. Each rule has a witness: an observation that is a violation under
// the rule and admissible without it.

#include "model/model.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "model/content.h"
#include "model/pcut.h"

namespace powercut {
namespace {

using ::testing::HasSubstr;

Workload WorkloadOf(const std::string& lines) {
  Result<Workload> workload = ParseWorkload("powercut 1\n" + lines, "t.pcut");
  EXPECT_TRUE(workload) << workload.error().message;
  return workload ? *std::move(workload) : Workload{};
}

Profile ProfileNamed(std::string_view name) { return *FindProfile(name); }

Profile StrictWith(bool Profile::* member, bool value = true) {
  Profile profile = ProfileNamed("spec-strict");
  profile.*member = value;
  return profile;
}

// The bytes that op `op` writes to the file that op `creator` made.
std::string Data(uint16_t creator, uint16_t op, uint64_t size,
                 uint64_t offset = 0) {
  return MakeContent(creator, op, op, {offset, size});
}

std::string Zeros(size_t size) { return std::string(size, '\0'); }

// What is found: each name a file of its own, unless said.
class Found {
 public:
  Found() = default;
  Found&& File(std::string path, std::string content = "") && {
    ObservedEntry entry;
    entry.path = std::move(path);
    entry.size_bytes = content.size();
    entry.content = std::move(content);
    return std::move(*this).Add(std::move(entry));
  }
  Found&& Directory(std::string path) && {
    ObservedEntry entry;
    entry.path = std::move(path);
    entry.is_directory = true;
    return std::move(*this).Add(std::move(entry));
  }
  // Another name of what is at `of`.
  Found&& Link(std::string path, const std::string& of) && {
    ObservedEntry entry = *observation_.Find(of);
    entry.path = std::move(path);
    return std::move(*this).Add(std::move(entry), /*is_new=*/false);
  }
  Found&& Unreadable(std::string path, std::string why) && {
    ObservedEntry entry;
    entry.path = std::move(path);
    entry.unreadable = std::move(why);
    return std::move(*this).Add(std::move(entry));
  }
  Found&& ProbeFails(std::string how) && {
    observation_.probe_failures.push_back(std::move(how));
    return std::move(*this);
  }
  const Observation& observation() const { return observation_; }

 private:
  Found&& Add(ObservedEntry entry, bool is_new = true) && {
    if (is_new) entry.file_id = 100 + observation_.entries.size();
    auto& entries = observation_.entries;
    entries.push_back(std::move(entry));
    std::sort(entries.begin(), entries.end(),
              [](const auto& a, const auto& b) { return a.path < b.path; });
    return std::move(*this);
  }

  Observation observation_;
};

// A workload on its way under one profile.
class Scene {
 public:
  Scene(const std::string& lines, const Profile& profile)
      : workload_(WorkloadOf(lines)),
        profile_(profile),
        model_(workload_, profile_) {
    while (next_ <= workload_.init.size()) Do();
    if (!workload_.init.empty()) model_.EndInit();
  }
  Scene(const std::string& lines, std::string_view profile = "spec-strict")
      : Scene(lines, ProfileNamed(profile)) {}
  Scene(const Scene&) = delete;
  Scene& operator=(const Scene&) = delete;

  Scene& Begin() {
    model_.Begin(next_++);
    return *this;
  }
  // Returns what the last op's return promised.
  bool End(bool ok = true) { return model_.End(next_ - 1, ok); }
  Scene& Do(bool ok = true) {
    Begin();
    promised_ = End(ok);
    return *this;
  }
  Scene& DoAll() {
    while (next_ <= workload_.init.size() + workload_.run.size()) Do();
    return *this;
  }

  std::vector<Violation> Check(const Found& found,
                               CrashKind kind = CrashKind::kPower) const {
    return model_.Check(found.observation(), kind);
  }

  // "admissible", or each violation as "CAUSE PATH".
  std::string Verdict(const Found& found,
                      CrashKind kind = CrashKind::kPower) const {
    std::string text;
    for (const Violation& violation : Check(found, kind)) {
      EXPECT_EQ(violation.cause.substr(0, violation.cause.find('/')),
                ViolationKindName(violation.kind));
      if (!text.empty()) text += ", ";
      text += violation.cause + " " + violation.path;
    }
    return text.empty() ? "admissible" : text;
  }

  bool promised() const { return promised_; }
  const Model& model() const { return model_; }
  const Workload& workload() const { return workload_; }

 private:
  const Workload workload_;
  const Profile profile_;
  Model model_;
  uint32_t next_ = 1;
  bool promised_ = false;
};

constexpr const char kAdmissible[] = "admissible";

// --- plans ------------------------------------------------------------------

// What the last op of `run` must fail with.
std::string PlanError(const std::string& op) {
  Scene scene("init\n create /f\n mkdir /d\n create /d/g\n mkdir /e\nrun\n " +
              op + "\n");
  return scene.model().Plan(scene.workload().run[0]).error;
}

TEST(ModelPlan, NamesTheErrorOfEachOp) {
  const std::vector<std::pair<std::string, std::string>> kCases = {
      {"create /x", ""},
      {"create /f", "EEXIST"},
      {"create /d", "EEXIST"},
      {"create /", "EEXIST"},
      {"create /x/y", "ENOENT"},
      {"create /f/y", "ENOTDIR"},
      {"create /d/y", ""},
      {"mkdir /x", ""},
      {"mkdir /f", "EEXIST"},
      {"mkdir /x/y", "ENOENT"},
      {"write /f 0 1", ""},
      {"write /x 0 1", "ENOENT"},
      {"write /d 0 1", "EISDIR"},
      {"append /f 1", ""},
      {"append /x 1", "ENOENT"},
      {"append /d 1", "EISDIR"},
      {"truncate /f 1", ""},
      {"truncate /x 1", "ENOENT"},
      {"truncate / 1", "EISDIR"},
      {"unlink /f", ""},
      {"unlink /x", "ENOENT"},
      {"unlink /d", "EISDIR"},
      {"rmdir /e", ""},
      {"rmdir /d", "ENOTEMPTY"},
      {"rmdir /f", "ENOTDIR"},
      {"rmdir /x", "ENOENT"},
      {"rmdir /", "EBUSY"},
      {"rename /f /x", ""},
      {"rename /f /d/g", ""},
      {"rename /x /f", "ENOENT"},
      {"rename /f /e", "EISDIR"},
      {"rename /e /f", "ENOTDIR"},
      {"rename /e /d", "ENOTEMPTY"},
      {"rename /d /e", ""},
      {"rename /d /d", ""},
      {"rename /d /d/x", "EINVAL"},
      {"rename /d /dx", ""},
      {"rename /f /x/y", "ENOENT"},
      {"rename / /x", "EBUSY"},
      {"rename /f /", "EBUSY"},
      {"link /f /x", ""},
      {"link /f /d/g", "EEXIST"},
      {"link /x /y", "ENOENT"},
      {"link /d /x", "EPERM"},
      {"link /f /x/y", "ENOENT"},
      {"fsync /f", ""},
      {"fsync /", ""},
      {"fsync /x", "ENOENT"},
      {"fdatasync /d", ""},
      {"fdatasync /x", "ENOENT"},
      {"syncfs", ""},
  };
  for (const auto& [op, error] : kCases) EXPECT_EQ(PlanError(op), error) << op;
}

TEST(ModelPlan, WritesDataThatNamesItself) {
  const Scene scene(
      "init\n create /f\n write /f 0 700\nrun\n append /f 40\n"
      " write /f 100 20 fill=9\n append /f 0\n");
  const auto& run = scene.workload().run;
  const OpPlan append = scene.model().Plan(run[0]);
  EXPECT_EQ(append.offset_bytes, 700u);
  EXPECT_EQ(append.content, Data(1, 3, 40, 700));
  const OpPlan write = scene.model().Plan(run[1]);
  EXPECT_EQ(write.offset_bytes, 100u);
  EXPECT_EQ(write.content, MakeContent(1, 4, 9, {100, 20}));
  EXPECT_EQ(scene.model().Plan(run[2]).content, "");
}

TEST(ModelPlan, AnOpThatMustFailChangesNothing) {
  Scene scene("init\n create /f\nrun\n create /f\n rename /x /y\n");
  scene.Do(false).Do(false);
  EXPECT_EQ(scene.Verdict(Found().File("/f")), kAdmissible);
  EXPECT_EQ(scene.Verdict(Found()), "lost/bystander/rename/sync /f");
}

// --- what is promised when --------------------------------------------------

TEST(ModelFloors, InitIsPromisedWhole) {
  const Scene scene("init\n create /f\n write /f 0 512\nrun\n syncfs\n");
  EXPECT_EQ(scene.Verdict(Found().File("/f", Data(1, 2, 512))), kAdmissible);
  EXPECT_EQ(scene.Verdict(Found()), "lost/bystander/write/sync /f");
  EXPECT_EQ(scene.Verdict(Found().File("/f", Zeros(512))),
            "lost/bystander/write/sync /f");
  EXPECT_EQ(scene.Verdict(Found().File("/f")), "lost/bystander/write/sync /f");
}

TEST(ModelFloors, AnOpMayBeFoundFromItsBegin) {
  Scene scene("init\n create /f\nrun\n write /f 0 512\n");
  const Found after = Found().File("/f", Data(1, 2, 512));
  EXPECT_EQ(scene.Verdict(after), "size/bystander/create/sync /f");
  scene.Begin();
  EXPECT_EQ(scene.Verdict(after), kAdmissible);
  EXPECT_EQ(scene.Verdict(Found().File("/f")), kAdmissible);
  scene.End();
  EXPECT_EQ(scene.Verdict(Found().File("/f")), kAdmissible);
}

TEST(ModelFloors, AReturnedOpSurvivesTheProcessOnly) {
  Scene scene("init\n create /f\nrun\n write /f 0 512\n create /g\n");
  const Found before = Found().File("/f");
  scene.Begin();
  EXPECT_EQ(scene.Verdict(before, CrashKind::kProcess), kAdmissible);
  scene.End();
  EXPECT_EQ(scene.Verdict(before, CrashKind::kProcess),
            "lost/bystander/write/write /f");
  EXPECT_EQ(scene.Verdict(before, CrashKind::kOs), kAdmissible);
  EXPECT_EQ(scene.Verdict(before, CrashKind::kPower), kAdmissible);
  scene.Do();
  EXPECT_EQ(
      scene.Verdict(Found().File("/f", Data(1, 2, 512)), CrashKind::kProcess),
      "lost/bystander/create/create /g");
}

// A flush covers what had returned when it was called.
TEST(ModelFloors, AFlushPromisesAtItsReturn) {
  Scene scene("init\n create /f\nrun\n write /f 0 512\n fsync /f\n");
  scene.Do().Begin();
  const Found before = Found().File("/f");
  EXPECT_EQ(scene.Verdict(before), kAdmissible);
  EXPECT_TRUE(scene.End());
  for (const CrashKind kind : kCrashKinds) {
    EXPECT_NE(scene.Verdict(before, kind), kAdmissible);
  }
  EXPECT_EQ(scene.Verdict(before), "lost/bystander/fsync/fsync /f");
}

TEST(ModelFloors, AFlushDoesNotCoverWhatOverlapsIt) {
  const Workload workload =
      WorkloadOf("init\n create /f\nrun\n write /f 0 512\n fsync /f\n");
  const Profile profile = ProfileNamed("spec-strict");
  Model model(workload, profile);
  model.Begin(1);
  model.End(1, true);
  model.EndInit();
  model.Begin(2);
  model.Begin(3);
  model.End(2, true);
  EXPECT_FALSE(model.End(3, true));
  EXPECT_TRUE(
      model.Check(Found().File("/f").observation(), CrashKind::kPower).empty());
}

// Its path is that of its call, whatever is renamed meanwhile.
TEST(ModelFloors, AFlushIsOfTheFileThatItWasCalledFor) {
  const Workload workload = WorkloadOf(
      "init\n create /f\n create /g\nrun\n write /f 0 512\n write /g 0 512\n"
      " fsync /f\n rename /g /f\n");
  const Profile profile = ProfileNamed("spec-strict");
  Model model(workload, profile);
  for (uint32_t n = 1; n <= 4; ++n) {
    model.Begin(n);
    model.End(n, true);
    if (n == 2) model.EndInit();
  }
  model.Begin(5);
  model.Begin(6);
  EXPECT_TRUE(model.End(5, true));
  const auto check = [&](const Found& found) {
    return model.Check(found.observation(), CrashKind::kPower).empty();
  };
  EXPECT_TRUE(check(Found().File("/f", Data(1, 3, 512)).File("/g")));
  EXPECT_FALSE(check(Found().File("/f").File("/g")));
}

TEST(ModelFloors, AFailedFlushPromisesNothing) {
  Scene scene("init\n create /f\nrun\n write /f 0 512\n fsync /f\n");
  scene.Do().Do(false);
  EXPECT_EQ(scene.Verdict(Found().File("/f")), kAdmissible);
}

TEST(ModelFloors, AFailedOpStaysInDoubt) {
  Scene scene("init\n create /f\nrun\n write /f 0 512\n syncfs\n");
  scene.Do(false).Do();
  EXPECT_EQ(scene.Verdict(Found().File("/f")), kAdmissible);
  EXPECT_EQ(scene.Verdict(Found().File("/f", Data(1, 2, 512))), kAdmissible);
  EXPECT_EQ(scene.Verdict(Found().File("/f"), CrashKind::kProcess),
            kAdmissible);
}

TEST(ModelFloors, EndTellsWhetherAnythingWasPromised) {
  Scene scene(
      "init\n create /f\nrun\n fsync /f\n write /f 0 1\n fsync /f\n"
      " fsync /f\n syncfs\n create /g\n fsync /f\n fsync /\n");
  std::string promised;
  for (int i = 0; i < 8; ++i) promised += scene.Do().promised() ? '1' : '0';
  EXPECT_EQ(promised, "00100001");
}

struct FlushCase {
  std::string flush;
  std::string profile;
  bool covers_data;
  bool covers_name;
  bool covers_other_file;
};

TEST(ModelFloors, EachFlushCoversWhatTheProfileSays) {
  std::vector<FlushCase> cases;
  for (const Profile& p : Profiles()) {
    const bool all = p.name == "ntfs-3g";
    const bool directory = p.name != "spec-permissive";
    cases.push_back({"fsync /d/f", p.name, true, all, all});
    cases.push_back({"fdatasync /d/f", p.name, true, all, all});
    cases.push_back({"fsync /d", p.name, all, directory, all});
    cases.push_back({"fdatasync /d", p.name, all, directory, all});
    cases.push_back({"fsync /", p.name, all, all, all});
    cases.push_back({"syncfs", p.name, true, true, true});
  }
  for (const FlushCase& c : cases) {
    Scene scene(
        "init\n mkdir /d\n create /d/f\n create /o\nrun\n"
        " write /d/f 0 512\n write /o 0 512\n link /d/f /d/n\n " +
            c.flush + "\n",
        c.profile);
    scene.DoAll();
    const std::string data = Data(2, 4, 512);
    const std::string other = Data(3, 5, 512);
    const auto make = [&](const std::string& f, bool name,
                          const std::string& o) {
      Found found = Found().Directory("/d").File("/d/f", f).File("/o", o);
      return name ? std::move(found).Link("/d/n", "/d/f") : found;
    };
    const auto verdict = [&](const Found& found) {
      return scene.Verdict(found) == kAdmissible;
    };
    const std::string about = c.flush + " under " + c.profile;
    EXPECT_TRUE(verdict(make(data, true, other))) << about;
    EXPECT_EQ(verdict(make("", true, other)), !c.covers_data) << about;
    EXPECT_EQ(verdict(make(data, false, other)), !c.covers_name) << about;
    EXPECT_EQ(verdict(make(data, true, "")), !c.covers_other_file) << about;
  }
}

TEST(ModelFloors, AFileCanBePromisedUnderANameThatIsNot) {
  Scene scene(
      "run\n mkdir /d\n create /d/f\n write /d/f 0 512\n"
      " fsync /d/f\n fsync /d\n");
  scene.DoAll();
  EXPECT_EQ(scene.Verdict(Found()), kAdmissible);
  EXPECT_EQ(scene.Verdict(Found().Directory("/d")),
            "lost/bystander/fsync/fsync /d/f");
  EXPECT_EQ(scene.Verdict(Found().Directory("/d").File("/d/f")),
            "lost/bystander/fsync/fsync /d/f");
}

// --- data -------------------------------------------------------------------

TEST(ModelData, AtomsAreFoundEachForItself) {
  Scene scene("init\n create /f\n write /f 0 1024\nrun\n write /f 0 1024\n");
  scene.Do();
  const std::string old = Data(1, 2, 1024);
  const std::string fresh = Data(1, 3, 1024);
  const auto verdict = [&](const std::string& content) {
    return scene.Verdict(Found().File("/f", content));
  };
  EXPECT_EQ(verdict(old.substr(0, 512) + fresh.substr(512)), kAdmissible);
  EXPECT_EQ(verdict(fresh.substr(0, 512) + old.substr(512)), kAdmissible);
  // 256 bytes of each.
  EXPECT_EQ(verdict(fresh.substr(0, 256) + old.substr(256)),
            "torn/written/write/sync /f");
  const auto torn =
      scene.Check(Found().File("/f", fresh.substr(0, 256) + old.substr(256)));
  ASSERT_EQ(torn.size(), 1u);
  EXPECT_EQ(torn[0].admissible, "bytes 0 to 511 are op 2's or op 3's");
  EXPECT_EQ(torn[0].found, "bytes 0 to 511 are a mix of op 3's and op 2's");
}

TEST(ModelData, WritesThatMeetInOneAtomPileUp) {
  Scene scene(
      "init\n create /f\n write /f 0 512\nrun\n write /f 100 50\n"
      " write /f 120 200\n");
  scene.DoAll();
  std::string one = Data(1, 2, 512);
  one.replace(100, 50, Data(1, 3, 50, 100));
  std::string two = one;
  two.replace(120, 200, Data(1, 4, 200, 120));
  std::string second_only = Data(1, 2, 512);
  second_only.replace(120, 200, Data(1, 4, 200, 120));
  EXPECT_EQ(scene.Verdict(Found().File("/f", one)), kAdmissible);
  EXPECT_EQ(scene.Verdict(Found().File("/f", two)), kAdmissible);
  EXPECT_THAT(scene.Verdict(Found().File("/f", second_only)),
              HasSubstr("/written/write/sync /f"));
}

TEST(ModelData, AWriteAcrossAtomsIsTwo) {
  Scene scene("init\n create /f\n write /f 0 1024\nrun\n write /f 500 24\n");
  scene.Do();
  const std::string old = Data(1, 2, 1024);
  const std::string bytes = Data(1, 3, 24, 500);
  for (const int done : {0, 1, 2, 3}) {
    std::string content = old;
    if ((done & 1) != 0) content.replace(500, 12, bytes.substr(0, 12));
    if ((done & 2) != 0) content.replace(512, 12, bytes.substr(12));
    EXPECT_EQ(scene.Verdict(Found().File("/f", content)), kAdmissible) << done;
  }
}

TEST(ModelData, ForeignBytesAreGhosts) {
  const Scene scene("init\n create /f\n write /f 0 512\nrun\n syncfs\n");
  std::string content = Data(1, 2, 512);
  content[40] ^= 1;
  const auto violations = scene.Check(Found().File("/f", content));
  ASSERT_EQ(violations.size(), 1u);
  EXPECT_EQ(violations[0].kind, ViolationKind::kGhost);
  EXPECT_EQ(violations[0].cause, "ghost/bystander/write/sync");
  EXPECT_EQ(violations[0].found, "bytes 0 to 511 are what nobody wrote there");
}

TEST(ModelData, BytesOfAnotherFileAreStale) {
  const Scene scene(
      "init\n create /f\n write /f 0 1024\n create /g\n"
      " write /g 0 512\nrun\n syncfs\n");
  const std::string f = Data(1, 2, 1024);
  const auto violations =
      scene.Check(Found().File("/f", f).File("/g", f.substr(0, 512)));
  ASSERT_EQ(violations.size(), 1u);
  EXPECT_EQ(violations[0].cause, "stale/bystander/write/sync");
  EXPECT_EQ(violations[0].path, "/g");
  EXPECT_EQ(violations[0].found,
            "bytes 0 to 511 are what op 2 wrote to the file that op 1 created");
  const auto moved = scene.Check(Found()
                                     .File("/f", f.substr(512) + f.substr(512))
                                     .File("/g", Data(3, 4, 512)));
  ASSERT_EQ(moved.size(), 1u);
  EXPECT_EQ(moved[0].kind, ViolationKind::kStale);
  EXPECT_EQ(moved[0].found,
            "bytes 0 to 511 are what op 2 wrote elsewhere in the file");
}

TEST(ModelData, WhatAPromiseHeldIsRegressWhenAnOlderOneIsBack) {
  Scene scene(
      "init\n create /f\n write /f 0 512\nrun\n write /f 0 512\n"
      " fsync /f\n write /f 0 512\n fdatasync /f\n write /f 0 512\n");
  scene.DoAll();
  const auto verdict = [&](uint16_t op) {
    return scene.Verdict(Found().File("/f", Data(1, op, 512)));
  };
  EXPECT_EQ(verdict(7), kAdmissible);
  EXPECT_EQ(verdict(5), kAdmissible);
  EXPECT_EQ(verdict(3), "lost/written/write/fdatasync /f");
  EXPECT_EQ(verdict(2), "regress/written/write/fdatasync /f");
  const auto lost = scene.Check(Found().File("/f", Data(1, 3, 512)));
  ASSERT_EQ(lost.size(), 1u);
  EXPECT_EQ(lost[0].promise.effect_op, 5u);
  EXPECT_EQ(lost[0].promise.flush_op, 6u);
  EXPECT_EQ(lost[0].op, 7u);
  EXPECT_TRUE(lost[0].op_returned);
  EXPECT_EQ(lost[0].admissible, "bytes 0 to 511 are op 5's or op 7's");
  EXPECT_EQ(lost[0].found, "bytes 0 to 511 are op 3's");
}

TEST(ModelData, EmptyWritesChangeNothing) {
  Scene scene("init\n create /f\nrun\n write /f 600 0\n append /f 0\n");
  scene.DoAll();
  EXPECT_EQ(scene.Verdict(Found().File("/f")), kAdmissible);
  EXPECT_EQ(scene.Verdict(Found().File("/f", Zeros(600))),
            "size/bystander/append/sync /f");
}

TEST(ModelData, AHoleIsZeros) {
  Scene scene("init\n create /f\nrun\n write /f 1000 100\n fsync /f\n");
  scene.DoAll();
  const std::string tail = Data(1, 2, 100, 1000);
  EXPECT_EQ(scene.Verdict(Found().File("/f", Zeros(1000) + tail)), kAdmissible);
  EXPECT_EQ(scene.Verdict(Found().File("/f", std::string(1000, 'x') + tail)),
            "ghost/bystander/fsync/none /f");
}

// --- sizes ------------------------------------------------------------------

TEST(ModelSize, IsOneThatTheFileHad) {
  Scene scene(
      "init\n create /f\n write /f 0 512\nrun\n append /f 512\n"
      " append /f 512\n");
  scene.DoAll();
  const std::string all =
      Data(1, 2, 512) + Data(1, 3, 512, 512) + Data(1, 4, 512, 1024);
  for (const size_t size : {512u, 1024u, 1536u}) {
    EXPECT_EQ(scene.Verdict(Found().File("/f", all.substr(0, size))),
              kAdmissible);
  }
  // The last size, and nothing of what the appends wrote.
  EXPECT_EQ(scene.Verdict(Found().File("/f", all.substr(0, 512) + Zeros(1024))),
            kAdmissible);
  const auto wrong = scene.Check(Found().File("/f", all.substr(0, 700)));
  ASSERT_EQ(wrong.size(), 1u);
  EXPECT_EQ(wrong[0].kind, ViolationKind::kSize);
  EXPECT_EQ(wrong[0].cause, "size/written/append/sync");
  EXPECT_EQ(wrong[0].admissible, "size 512, 1024 or 1536");
  EXPECT_EQ(wrong[0].found, "size 700");
  const auto lost = scene.Check(Found().File("/f"));
  ASSERT_EQ(lost.size(), 1u);
  EXPECT_EQ(lost[0].cause, "lost/written/append/sync");
  EXPECT_EQ(lost[0].found, "size 0, op 1's");
}

TEST(ModelSize, PartialExtendAdmitsAtomsInBetween) {
  const std::string lines =
      "init\n create /f\n write /f 0 100\nrun\n append /f 2000\n fsync /f\n";
  const std::string all = Data(1, 2, 100) + Data(1, 3, 2000, 100);
  const Profile with = StrictWith(&Profile::partial_extend);
  for (const size_t size : {100u, 512u, 1024u, 1536u, 2048u, 2100u}) {
    Scene narrow(lines);
    Scene wide(lines, with);
    narrow.Do();
    wide.Do();
    const Found found = Found().File("/f", all.substr(0, size));
    const bool end = size == 100 || size == 2100;
    EXPECT_EQ(narrow.Verdict(found) == kAdmissible, end) << size;
    EXPECT_EQ(wide.Verdict(found), kAdmissible) << size;
    wide.Do();
    EXPECT_EQ(wide.Verdict(found) == kAdmissible, size == 2100) << size;
  }
  Scene wide(lines, with);
  wide.Do();
  EXPECT_EQ(wide.Verdict(Found().File("/f", all.substr(0, 600))),
            "size/written/append/sync /f");
  EXPECT_NE(wide.Verdict(Found().File("/f", all + Zeros(460))), kAdmissible);
}

// A truncation has no parts.
TEST(ModelSize, PartialExtendIsForWritesOnly) {
  Scene scene("init\n create /f\nrun\n truncate /f 2048\n",
              StrictWith(&Profile::partial_extend));
  scene.Do();
  EXPECT_EQ(scene.Verdict(Found().File("/f", Zeros(2048))), kAdmissible);
  EXPECT_EQ(scene.Verdict(Found().File("/f", Zeros(1024))),
            "size/written/truncate/sync /f");
}

TEST(ModelSize, TruncateAndRegrow) {
  Scene scene(
      "init\n create /f\n write /f 0 1024\nrun\n truncate /f 100\n"
      " fsync /f\n truncate /f 1024\n");
  const std::string old = Data(1, 2, 1024);
  const std::string cut = old.substr(0, 100) + Zeros(924);
  scene.Do();
  EXPECT_EQ(scene.Verdict(Found().File("/f", old)), kAdmissible);
  EXPECT_EQ(scene.Verdict(Found().File("/f", cut.substr(0, 100))), kAdmissible);
  scene.Do();
  EXPECT_EQ(scene.Verdict(Found().File("/f", cut.substr(0, 100))), kAdmissible);
  EXPECT_EQ(scene.Verdict(Found().File("/f", old)),
            "lost/bystander/fsync/fsync /f");
  scene.Do();
  EXPECT_EQ(scene.Verdict(Found().File("/f", cut)), kAdmissible);
  EXPECT_EQ(scene.Verdict(Found().File("/f", old)),
            "lost/written/truncate/fsync /f");
}

// --- stale data -------------------------------------------------------------

TEST(ModelStale, WhatWasNeverWrittenMayBeAnythingUntilFlushed) {
  const std::string lines =
      "init\n create /f\n write /f 0 100\nrun\n truncate /f 1024\n"
      " fsync /f\n";
  const std::string old = Data(1, 2, 100);
  const Found stale = Found().File("/f", old + std::string(924, 'x'));
  Scene narrow(lines);
  Scene wide(lines, StrictWith(&Profile::stale_data));
  narrow.Do();
  wide.Do();
  EXPECT_EQ(narrow.Verdict(stale), "ghost/written/truncate/sync /f");
  EXPECT_EQ(wide.Verdict(stale), kAdmissible);
  // What was there before is not excused.
  EXPECT_NE(wide.Verdict(Found().File("/f", std::string(1024, 'x'))),
            kAdmissible);
  wide.Do();
  EXPECT_EQ(wide.Verdict(stale), "ghost/bystander/fsync/sync /f");
  EXPECT_EQ(wide.Verdict(Found().File("/f", old + Zeros(924))), kAdmissible);
}

TEST(ModelStale, AnUnflushedWriteMayExposeWhatWasBeneath) {
  const std::string lines =
      "init\n create /f\nrun\n write /f 0 512\n fsync /f\n";
  const Found stale = Found().File("/f", std::string(512, 'x'));
  Scene wide(lines, StrictWith(&Profile::stale_data));
  Scene narrow(lines);
  wide.Do();
  narrow.Do();
  EXPECT_EQ(wide.Verdict(stale), kAdmissible);
  EXPECT_EQ(narrow.Verdict(stale), "ghost/written/write/none /f");
  wide.Do();
  EXPECT_EQ(wide.Verdict(stale), "ghost/bystander/fsync/fsync /f");
}

// --- names ------------------------------------------------------------------

TEST(ModelNames, UnlinkAndWhatIsLeftOfIt) {
  Scene scene("init\n create /f\nrun\n unlink /f\n fsync /\n");
  scene.Begin();
  EXPECT_EQ(scene.Verdict(Found()), kAdmissible);
  EXPECT_EQ(scene.Verdict(Found().File("/f")), kAdmissible);
  scene.End();
  EXPECT_EQ(scene.Verdict(Found().File("/f")), kAdmissible);
  scene.Do();
  EXPECT_EQ(scene.Verdict(Found()), kAdmissible);
  const auto back = scene.Check(Found().File("/f"));
  ASSERT_EQ(back.size(), 1u);
  EXPECT_EQ(back[0].kind, ViolationKind::kRegress);
  EXPECT_EQ(back[0].cause, "regress/bystander/fsync/fsync");
  EXPECT_EQ(back[0].promise.effect_op, 2u);
  EXPECT_EQ(back[0].promise.flush_op, 3u);
  EXPECT_EQ(back[0].admissible, "/f is missing");
  EXPECT_THAT(back[0].found, HasSubstr("removal was promised"));
}

TEST(ModelNames, RmdirOfAnEmptiedDirectory) {
  Scene scene(
      "init\n mkdir /d\n create /d/f\nrun\n unlink /d/f\n rmdir /d\n"
      " syncfs\n");
  scene.Do().Do();
  EXPECT_EQ(scene.Verdict(Found()), kAdmissible);
  EXPECT_EQ(scene.Verdict(Found().Directory("/d")), kAdmissible);
  EXPECT_EQ(scene.Verdict(Found().Directory("/d").File("/d/f")), kAdmissible);
  scene.Do();
  EXPECT_EQ(scene.Verdict(Found().Directory("/d")),
            "regress/bystander/syncfs/sync /d");
}

// Two files that had the name in turn, both pending and both empty.
TEST(ModelNames, ANameMadeAnew) {
  Scene scene(
      "init\n create /f\n write /f 0 512\nrun\n unlink /f\n"
      " create /f\n write /f 0 512\n");
  scene.DoAll();
  EXPECT_EQ(scene.Verdict(Found()), kAdmissible);
  EXPECT_EQ(scene.Verdict(Found().File("/f")), kAdmissible);
  EXPECT_EQ(scene.Verdict(Found().File("/f", Data(1, 2, 512))), kAdmissible);
  EXPECT_EQ(scene.Verdict(Found().File("/f", Data(4, 5, 512))), kAdmissible);
  EXPECT_EQ(scene.Verdict(Found().File("/f", Data(4, 2, 512))),
            "ghost/written/write/none /f");
}

TEST(ModelNames, StrangersAreGhosts) {
  Scene scene("init\n mkdir /d\nrun\n create /f\n");
  scene.Do();
  const auto violations = scene.Check(
      Found().Directory("/d").File("/d/x").Directory("/y").File("/y/z"));
  ASSERT_EQ(violations.size(), 2u);
  EXPECT_EQ(violations[0].cause, "ghost/stranger/create/none");
  EXPECT_EQ(violations[0].path, "/d/x");
  EXPECT_EQ(violations[0].admissible, "no such name: no op ever made it");
  // What lies below it is not told again.
  EXPECT_EQ(violations[1].cause, "ghost/stranger-directory/create/none");
  EXPECT_EQ(violations[1].path, "/y");
}

TEST(ModelNames, ADirectoryIsNoFile) {
  const Scene scene("init\n mkdir /d\n create /f\nrun\n syncfs\n");
  EXPECT_EQ(scene.Verdict(Found().File("/d").File("/f")),
            "name/bystander-directory/create/sync /d");
  EXPECT_EQ(scene.Verdict(Found().Directory("/d").Directory("/f")),
            "name/bystander/create/sync /f");
}

TEST(ModelNames, HardLinksAreOneFile) {
  Scene scene(
      "init\n create /f\n write /f 0 512\nrun\n link /f /g\n"
      " syncfs\n");
  const std::string data = Data(1, 2, 512);
  const Found linked = Found().File("/f", data).Link("/g", "/f");
  EXPECT_EQ(scene.Verdict(linked), "ghost/stranger/write/none /g");
  scene.Do();
  EXPECT_EQ(scene.Verdict(Found().File("/f", data)), kAdmissible);
  EXPECT_EQ(scene.Verdict(linked), kAdmissible);
  const auto copy = scene.Check(Found().File("/f", data).File("/g", data));
  ASSERT_EQ(copy.size(), 1u);
  EXPECT_EQ(copy[0].cause, "name/target/link/none");
  EXPECT_EQ(copy[0].path, "/g");
  EXPECT_EQ(copy[0].found, "/g is another file than /f");
  scene.Do();
  EXPECT_EQ(scene.Verdict(Found().File("/f", data)),
            "lost/bystander/syncfs/sync /g");
}

TEST(ModelNames, TwoFilesAreNotOne) {
  Scene scene("run\n create /f\n create /g\n");
  scene.DoAll();
  const auto same = scene.Check(Found().File("/f").Link("/g", "/f"));
  ASSERT_EQ(same.size(), 1u);
  EXPECT_EQ(same[0].cause, "name/target/create/none");
  EXPECT_EQ(same[0].found, "/g is the same file as /f");
}

TEST(ModelNames, ALinkToWhatTheNameLedToBefore) {
  // /f: 1, none, 5; /g: 1.
  Scene scene("init\n create /f\nrun\n link /f /g\n unlink /f\n create /f\n");
  scene.DoAll();
  EXPECT_EQ(scene.Verdict(Found().File("/f").Link("/g", "/f")), kAdmissible);
  EXPECT_EQ(scene.Verdict(Found().File("/f").File("/g")), kAdmissible);
}

// --- renames ----------------------------------------------------------------

const char kRename[] =
    "init\n create /a\n write /a 0 512\nrun\n"
    " rename /a /b\n fsync /\n";

struct RenameCase {
  bool both;
  bool neither;
};

TEST(ModelRename, IsAtomicOrNotByItsSwitches) {
  const std::string data = Data(1, 2, 512);
  for (const RenameCase c :
       {RenameCase{false, false}, {true, false}, {false, true}, {true, true}}) {
    Profile profile = ProfileNamed("spec-strict");
    profile.rename_leaves_both = c.both;
    profile.rename_leaves_neither = c.neither;
    Scene scene(kRename, profile);
    scene.Do();
    EXPECT_EQ(scene.Verdict(Found().File("/a", data)), kAdmissible);
    EXPECT_EQ(scene.Verdict(Found().File("/b", data)), kAdmissible);
    EXPECT_EQ(scene.Verdict(Found().File("/a", data).Link("/b", "/a")),
              c.both ? kAdmissible : "name/source/rename/sync /a");
    EXPECT_EQ(scene.Verdict(Found()),
              c.neither ? kAdmissible : "name/target/rename/none /b");
    // Two copies are no names of one file, whatever the profile.
    EXPECT_NE(scene.Verdict(Found().File("/a", data).File("/b", data)),
              kAdmissible);
    scene.Do();
    EXPECT_EQ(scene.Verdict(Found().File("/b", data)), kAdmissible);
    EXPECT_NE(scene.Verdict(Found().File("/a", data)), kAdmissible);
  }
}

TEST(ModelRename, TellsWhichHalfIsMissing) {
  Scene scene(kRename);
  scene.Do();
  const std::string data = Data(1, 2, 512);
  const auto both = scene.Check(Found().File("/a", data).Link("/b", "/a"));
  ASSERT_EQ(both.size(), 1u);
  EXPECT_EQ(both[0].kind, ViolationKind::kName);
  EXPECT_EQ(both[0].op, 3u);
  EXPECT_EQ(both[0].admissible, "/a is op 1's or missing");
  EXPECT_EQ(both[0].found, "/a as before, although the rename is done at /b");
  EXPECT_EQ(both[0].promise.flush_op, 0u);
  const auto neither = scene.Check(Found());
  ASSERT_EQ(neither.size(), 1u);
  EXPECT_EQ(neither[0].path, "/b");
  EXPECT_EQ(neither[0].found, "/b missing, although the rename is done at /a");
}

TEST(ModelRename, Chains) {
  Scene scene("init\n create /a\nrun\n rename /a /b\n rename /b /c\n");
  scene.DoAll();
  for (const char* path : {"/a", "/b", "/c"}) {
    EXPECT_EQ(scene.Verdict(Found().File(path)), kAdmissible) << path;
  }
  EXPECT_EQ(scene.Verdict(Found()), "name/target/rename/none /c");
  EXPECT_NE(scene.Verdict(Found().File("/a").Link("/c", "/a")), kAdmissible);
}

TEST(ModelRename, ThereAndBack) {
  Scene scene("init\n create /a\nrun\n rename /a /b\n rename /b /a\n");
  scene.DoAll();
  EXPECT_EQ(scene.Verdict(Found().File("/a")), kAdmissible);
  EXPECT_EQ(scene.Verdict(Found().File("/b")), kAdmissible);
  EXPECT_NE(scene.Verdict(Found().File("/a").Link("/b", "/a")), kAdmissible);
  EXPECT_NE(scene.Verdict(Found()), kAdmissible);
}

// The name of the first rename is free again, but not with that file.
TEST(ModelRename, ASourceMadeAnewIsAnotherFile) {
  Scene scene("run\n create /a\n rename /a /b\n create /a\n");
  scene.DoAll();
  EXPECT_EQ(scene.Verdict(Found().File("/a").File("/b")), kAdmissible);
  EXPECT_NE(scene.Verdict(Found().File("/a").Link("/b", "/a")), kAdmissible);
}

TEST(ModelRename, OverAFileLeavesTheOldOrTheNew) {
  const std::string lines =
      "init\n create /a\n write /a 0 512\n create /b\n write /b 0 512\nrun\n"
      " rename /b /a\n fsync /\n";
  const std::string a = Data(1, 2, 512);
  const std::string b = Data(3, 4, 512);
  Scene scene(lines);
  scene.Do();
  EXPECT_EQ(scene.Verdict(Found().File("/a", a).File("/b", b)), kAdmissible);
  EXPECT_EQ(scene.Verdict(Found().File("/a", b)), kAdmissible);
  EXPECT_EQ(scene.Verdict(Found().File("/b", b)), "name/target/rename/sync /a");
  EXPECT_NE(scene.Verdict(Found().File("/a", a)), kAdmissible);
  scene.Do();
  EXPECT_EQ(scene.Verdict(Found().File("/a", b)), kAdmissible);
  EXPECT_EQ(scene.Verdict(Found().File("/a", a)),
            "lost/bystander/fsync/fsync /a");
  const auto lost = scene.Check(Found().File("/a", a));
  ASSERT_EQ(lost.size(), 1u);
  EXPECT_EQ(lost[0].admissible, "/a is op 5's");
  EXPECT_EQ(lost[0].found, "/a is op 1's");
  EXPECT_EQ(lost[0].promise.effect_op, 5u);
  EXPECT_EQ(lost[0].promise.flush_op, 6u);
}

TEST(ModelRename, OntoALinkOfItselfDoesNothing) {
  Scene scene("init\n create /a\n link /a /b\nrun\n rename /a /b\n syncfs\n");
  scene.DoAll();
  EXPECT_EQ(scene.Verdict(Found().File("/a").Link("/b", "/a")), kAdmissible);
  EXPECT_EQ(scene.Verdict(Found().File("/b")), "lost/bystander/syncfs/sync /a");
}

TEST(ModelRename, MayLeaveATemporaryName) {
  const std::string lines =
      "init\n create /a\n write /a 0 512\n create /b\n write /b 0 512\nrun\n"
      " rename /b /a\n fsync /\n";
  const std::string a = Data(1, 2, 512);
  const std::string b = Data(3, 4, 512);
  const Profile with = StrictWith(&Profile::rename_leaves_temporary);
  Scene narrow(lines);
  Scene wide(lines, with);
  const Found left = Found().File("/a", b).File("/tmp", a);
  EXPECT_NE(wide.Verdict(left), kAdmissible);
  narrow.Do();
  wide.Do();
  EXPECT_EQ(narrow.Verdict(left), "ghost/stranger/rename/none /tmp");
  EXPECT_EQ(wide.Verdict(left), kAdmissible);
  EXPECT_EQ(wide.Verdict(Found().File("/a", b).File("/tmp", Zeros(512))),
            "ghost/stranger/rename/none /tmp");
  wide.Do();
  EXPECT_EQ(wide.Verdict(left), "ghost/stranger/fsync/none /tmp");
  // A rename to a free name needs none.
  Scene free(kRename, with);
  free.Do();
  EXPECT_NE(free.Verdict(Found().File("/a", a).Link("/tmp", "/a")),
            kAdmissible);
}

TEST(ModelRename, ADirectoryTakesItsChildrenAlong) {
  Scene scene(
      "init\n mkdir /d\n create /d/f\nrun\n rename /d /e\n"
      " create /e/g\n");
  scene.DoAll();
  for (const std::string at : {"/d", "/e"}) {
    EXPECT_EQ(scene.Verdict(Found().Directory(at).File(at + "/f")),
              kAdmissible);
    EXPECT_EQ(
        scene.Verdict(Found().Directory(at).File(at + "/f").File(at + "/g")),
        kAdmissible);
    EXPECT_EQ(scene.Verdict(Found().Directory(at)),
              "lost/bystander/create/sync " + at + "/f");
  }
}

TEST(ModelRename, ADirectoryWithTwoNamesIsTheSameTwice) {
  Scene scene("init\n mkdir /d\nrun\n create /d/f\n rename /d /e\n",
              StrictWith(&Profile::rename_leaves_both));
  scene.DoAll();
  EXPECT_EQ(scene.Verdict(Found().Directory("/d").Link("/e", "/d")),
            kAdmissible);
  EXPECT_EQ(scene.Verdict(Found()
                              .Directory("/d")
                              .File("/d/f")
                              .Link("/e", "/d")
                              .Link("/e/f", "/d/f")),
            kAdmissible);
  EXPECT_EQ(
      scene.Verdict(Found().Directory("/d").File("/d/f").Link("/e", "/d")),
      "name/target/create/none /e/f");
}

// The old directory is in place, with what was in it; only the new one is
// empty.
TEST(ModelRename, OverADirectoryThatWasJustEmptied) {
  Scene scene(
      "init\n mkdir /d\n mkdir /e\n create /e/f\nrun\n unlink /e/f\n"
      " rename /d /e\n");
  scene.DoAll();
  EXPECT_EQ(scene.Verdict(Found().Directory("/d").Directory("/e").File("/e/f")),
            kAdmissible);
  EXPECT_EQ(scene.Verdict(Found().Directory("/d").Directory("/e")),
            kAdmissible);
  EXPECT_EQ(scene.Verdict(Found().Directory("/e")), kAdmissible);
  // The new directory never held it.
  EXPECT_NE(scene.Verdict(Found().Directory("/e").File("/e/f")), kAdmissible);
}

// fsync of the directory promises the source's removal, and so the target, even
// where the directory itself is not to be seen.
TEST(ModelRename, APromisedSourceBindsTheTarget) {
  const std::string lines =
      "run\n mkdir /d\n create /d/f\n rename /d/f /g\n"
      " fsync /d\n";
  Scene scene(lines);
  scene.DoAll();
  EXPECT_EQ(scene.Verdict(Found().Directory("/d").File("/g")), kAdmissible);
  EXPECT_EQ(scene.Verdict(Found().File("/g")), kAdmissible);
  EXPECT_EQ(scene.Verdict(Found().Directory("/d")),
            "name/target/rename/none /g");
  EXPECT_EQ(scene.Verdict(Found()), "name/target/rename/none /g");
  Scene loose(lines, StrictWith(&Profile::rename_leaves_neither));
  loose.DoAll();
  EXPECT_EQ(loose.Verdict(Found()), kAdmissible);
}

// --- the volume -------------------------------------------------------------

TEST(ModelVolume, UnreadableThings) {
  Scene scene("init\n create /f\nrun\n create /g\n");
  scene.Begin();
  const auto entry =
      scene.Check(Found().Unreadable("/f", "cannot read: EIO").File("/g"));
  ASSERT_EQ(entry.size(), 1u);
  EXPECT_EQ(entry[0].cause, "unreadable/bystander/create/sync");
  EXPECT_EQ(entry[0].path, "/f");
  EXPECT_THAT(entry[0].found, HasSubstr("cannot read: EIO"));
  // Also what need not be there at all.
  EXPECT_EQ(scene.Verdict(Found().File("/f").Unreadable("/g", "why")),
            "unreadable/target/create/none /g");
  Observation volume;
  volume.unreadable = "cannot mount: EIO";
  const auto violations = scene.model().Check(volume, CrashKind::kPower);
  ASSERT_EQ(violations.size(), 1u);
  EXPECT_EQ(violations[0].cause, "unreadable/volume/create/sync");
  EXPECT_EQ(violations[0].path, "");
  EXPECT_EQ(violations[0].found, "cannot mount: EIO");
  EXPECT_FALSE(violations[0].op_returned);
}

TEST(ModelVolume, ProbeFailuresAreErrors) {
  const Scene scene("init\n create /f\nrun\n syncfs\n");
  const auto violations =
      scene.Check(Found().File("/f").ProbeFails("create: EIO"));
  ASSERT_EQ(violations.size(), 1u);
  EXPECT_EQ(violations[0].kind, ViolationKind::kError);
  EXPECT_EQ(violations[0].cause, "error/probe/create/sync");
  EXPECT_EQ(violations[0].found, "create: EIO");
  EXPECT_EQ(violations[0].admissible,
            "a volume that can be used after recovery");
}

TEST(ModelVolume, VolumeViolationSaysWhatWasFound) {
  Scene scene("init\n create /f\nrun\n write /f 0 1\n fsync /f\n");
  scene.DoAll();
  const Violation violation = scene.model().VolumeViolation(
      ViolationKind::kHang, CrashKind::kPower, "no end after 1 s");
  EXPECT_EQ(violation.cause, "hang/volume/fsync/fsync");
  EXPECT_EQ(violation.found, "no end after 1 s");
  EXPECT_EQ(violation.op, 3u);
  EXPECT_EQ(violation.promise.flush_op, 3u);
}

TEST(ModelVolume, ViolationsAreSortedByPath) {
  const Scene scene("init\n create /c\n create /a\n create /b\nrun\n syncfs\n");
  EXPECT_EQ(scene.Verdict(Found().File("/0")),
            "ghost/stranger/create/none /0, lost/bystander/create/sync /a, "
            "lost/bystander/create/sync /b, lost/bystander/create/sync /c");
}

// --- no crash at all --------------------------------------------------------

TEST(ModelLive, ComparesTheTreeWithEverythingDone) {
  for (const Profile& profile : Profiles()) {
    Scene scene(
        "run\n create /a\n write /a 0 600\n create /b\n"
        " rename /a /b\n truncate /b 700\n link /b /c\n",
        profile);
    const auto live = [&](const Found& found) {
      return scene.model().CompareLive(found.observation());
    };
    EXPECT_EQ(live(Found()), "");
    scene.DoAll();
    const std::string data = Data(1, 2, 600) + Zeros(100);
    EXPECT_EQ(live(Found().File("/b", data).Link("/c", "/b")), "");
    EXPECT_EQ(live(Found().File("/b", data)),
              "/c: expected /c is op 6's, found /c missing");
    EXPECT_NE(live(Found().File("/b", data).File("/c", data)), "");
    EXPECT_NE(live(Found().File("/b", data.substr(0, 600)).Link("/c", "/b")),
              "");
    EXPECT_NE(live(Found().File("/a", data).Link("/b", "/a").Link("/c", "/a")),
              "");
    std::string wrong = data;
    wrong[650] = 'x';
    EXPECT_NE(live(Found().File("/b", wrong).Link("/c", "/b")), "");
    // It judges a copy: the model itself has promised nothing.
    EXPECT_EQ(scene.Verdict(Found()), kAdmissible);
  }
}

TEST(Model, CopiesGoTheirOwnWay) {
  Scene scene("run\n create /a\n syncfs\n");
  Model copy(scene.model());
  scene.DoAll();
  EXPECT_NE(scene.Verdict(Found()), kAdmissible);
  EXPECT_TRUE(copy.Check(Found().observation(), CrashKind::kPower).empty());
  copy.Begin(1);
  EXPECT_TRUE(
      copy.Check(Found().File("/a").observation(), CrashKind::kPower).empty());
}

}  // namespace
}  // namespace powercut
