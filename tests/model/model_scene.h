// Scene and Found: a workload on its way through a model, and what is found
// after a crash. The tests of the model are written with them.

#ifndef POWERCUT_TESTS_MODEL_MODEL_SCENE_H_
#define POWERCUT_TESTS_MODEL_MODEL_SCENE_H_

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "model/files/model.h"
#include "model/pcut/pcut.h"
#include "model/words/content.h"

namespace powercut {

// The workload with these lines after `powercut 1`. Fails the test if they are
// not valid.
inline Workload WorkloadOf(const std::string& lines) {
  Result<Workload> workload = ParseWorkload("powercut 1\n" + lines, "t.pcut");
  EXPECT_TRUE(workload) << workload.error().message;
  return workload ? *std::move(workload) : Workload{};
}

inline Profile ProfileNamed(std::string_view name) {
  return *FindProfile(name);
}

// The profile spec-strict with one switch changed.
inline Profile StrictWith(bool Profile::* member, bool value = true) {
  Profile profile = ProfileNamed("spec-strict");
  profile.*member = value;
  return profile;
}

// The bytes that op `op` writes to the file that op `creator` made.
inline std::string Data(uint16_t creator, uint16_t op, uint64_t size,
                        uint64_t offset = 0) {
  return MakeContent(creator, op, op, {offset, size});
}

inline std::string Zeros(size_t size) { return std::string(size, '\0'); }

// What is found. Every entry is a file of its own, except for Link().
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
  // Adds another name of the file or directory at `of`.
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

// A workload on its way through a model under one profile. The constructor runs
// the ops of `init`.
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
  // Ends the op that began last. Returns whether its return promised anything
  // for power loss that was not promised before.
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

  // "admissible", or else each violation as "CAUSE PATH", joined by ", ".
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

inline constexpr const char kAdmissible[] = "admissible";

}  // namespace powercut

#endif  // POWERCUT_TESTS_MODEL_MODEL_SCENE_H_
