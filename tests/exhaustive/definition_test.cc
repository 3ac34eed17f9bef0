// The definition (definition.h) held against cases that were worked out by
// hand, one for each rule.

#include "tests/exhaustive/definition.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "model/pcut/pcut.h"

namespace powercut {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsSupersetOf;
using ::testing::UnorderedElementsAre;

// A history in which all ops of a workload are called and return as expected,
// one after the other.
std::vector<HistoryEvent> FullHistory(const Workload& workload) {
  std::vector<HistoryEvent> history;
  for (uint32_t n = 1; n <= workload.init.size() + workload.run.size(); ++n) {
    if (n == workload.init.size() + 1)
      history.push_back({HistoryEvent::kRun, 0, 0, ""});
    history.push_back({HistoryEvent::kBegin, 0, n, ""});
    history.push_back(
        {HistoryEvent::kEnd, 0, n, workload.OpNumber(n).expected.name});
  }
  return history;
}

// The texts of what is allowed after the whole workload. The newline at the end
// of each is left out.
std::vector<std::string> Allowed(const std::string& ops, const Profile& profile,
                                 CrashKind kind = CrashKind::kPower) {
  const auto workload = ParseWorkload("powercut 1\n" + ops, "test");
  EXPECT_TRUE(workload) << workload.error().message;
  const auto allowed =
      DefinedObservations(*workload, PromisesOf(profile), profile,
                          FullHistory(*workload), kind, 10000);
  EXPECT_TRUE(allowed.has_value());
  std::vector<std::string> texts;
  for (const auto& [text, observation] : *allowed) {
    texts.push_back(text.substr(0, text.size() - 1));
  }
  return texts;
}

// The same texts with times left out, which most rules do not touch.
std::vector<std::string> AllowedData(const std::string& ops,
                                     const Profile& profile,
                                     CrashKind kind = CrashKind::kPower) {
  std::set<std::string> texts;
  for (std::string text : Allowed(ops, profile, kind)) {
    for (size_t at; (at = text.find(" mtime ")) != std::string::npos;) {
      text.erase(at, text.find_first_of(" \n", at + 7) - at);
    }
    texts.insert(text);
  }
  return {texts.begin(), texts.end()};
}

const Profile& Named(const char* name) { return *FindProfile(name); }
const Profile& Strict() { return Named("spec-strict"); }

TEST(DefinitionTest, AtomsOfAWriteSurviveApart) {
  EXPECT_THAT(
      Allowed("init\n create /f\n write /f 0 1024\n"
              "run\n write /f 0 1024\n",
              Strict()),
      UnorderedElementsAre(
          "/f file 1 size 1024 valid 1024 mtime 2 op2.2.1*1024",
          "/f file 1 size 1024 valid 1024 mtime 3 op2.2.1*1024",
          "/f file 1 size 1024 valid 1024 mtime 2 op3.3.1*1024",
          "/f file 1 size 1024 valid 1024 mtime 3 op3.3.1*1024",
          "/f file 1 size 1024 valid 1024 mtime 2 op3.3.1*512 op2.2.1*512",
          "/f file 1 size 1024 valid 1024 mtime 3 op3.3.1*512 op2.2.1*512",
          "/f file 1 size 1024 valid 1024 mtime 2 op2.2.1*512 op3.3.1*512",
          "/f file 1 size 1024 valid 1024 mtime 3 op2.2.1*512 op3.3.1*512"));
}

TEST(DefinitionTest, WhatReturnedSurvivesTheProcess) {
  EXPECT_THAT(Allowed("run\n create /f\n write /f 0 16\n", Strict(),
                      CrashKind::kProcess),
              ElementsAre("/f file 1 size 16 valid 16 mtime 2 op2.2.1*16"));
}

TEST(DefinitionTest, AppendedBytesAreZeroUntilTheyAreThere) {
  const std::string ops = "init\n create /f\nrun\n append /f 600\n";
  EXPECT_THAT(
      AllowedData(ops, Strict()),
      UnorderedElementsAre(
          "/f file 1 size 0 valid 0", "/f file 1 size 600 valid 600 00*600",
          "/f file 1 size 600 valid 600 op2.2.1*512 00*88",
          "/f file 1 size 600 valid 600 00*512 op2.2.1*80 82*8",
          "/f file 1 size 600 valid 600 op2.2.1*592 82*8"));
}

TEST(DefinitionTest, AppendedBytesMayBeAnythingAndComeInParts) {
  const std::string ops = "init\n create /f\nrun\n append /f 600\n";
  EXPECT_THAT(
      AllowedData(ops, Named("linux-man")),
      UnorderedElementsAre(
          "/f file 1 size 0 valid 0", "/f file 1 size 512 valid 512 any*512",
          "/f file 1 size 512 valid 512 op2.2.1*512",
          "/f file 1 size 600 valid 600 any*600",
          "/f file 1 size 600 valid 600 op2.2.1*512 any*88",
          "/f file 1 size 600 valid 600 any*512 op2.2.1*80 82*8",
          "/f file 1 size 600 valid 600 op2.2.1*592 82*8"));
}

TEST(DefinitionTest, NothingOldComesBackBeyondACut) {
  // The file is cut at 16 bytes and lengthened, and a part of it is written
  // again. Neither the zeros nor the new bytes bring old bytes back.
  EXPECT_THAT(
      AllowedData("init\n create /f\n write /f 0 512\n"
                  "run\n truncate /f 16\n truncate /f 512\n write /f 0 16\n",
                  Strict()),
      UnorderedElementsAre("/f file 1 size 512 valid 512 op2.2.1*512",
                           "/f file 1 size 16 valid 16 op2.2.1*16",
                           "/f file 1 size 512 valid 16 op2.2.1*16 00*496",
                           "/f file 1 size 512 valid 16 op5.5.1*16 00*496"));
}

TEST(DefinitionTest, RenameByProfile) {
  const std::string ops = "init\n create /a\nrun\n rename /a /b\n";
  const std::string a = "/a file 1 size 0 valid 0";
  const std::string b = "/b file 1 size 0 valid 0";
  EXPECT_THAT(AllowedData(ops, Strict()), UnorderedElementsAre(a, b));
  EXPECT_THAT(AllowedData(ops, Named("linux-man")),
              UnorderedElementsAre(a, b, a + "\n" + b));
  EXPECT_THAT(AllowedData(ops, Named("posix-minimal")),
              UnorderedElementsAre(a, b, a + "\n" + b, ""));
}

TEST(DefinitionTest, StoresNeedTheirOwnFlush) {
  const std::string init =
      "init\n create /f\n write /f 0 512\nrun\n map v /f 0 512\n"
      " store v 0 512\n";
  const std::string old_data = "/f file 1 size 512 valid 512 op2.2.1*512";
  const std::string new_data = "/f file 1 size 512 valid 512 op4.4.1*512";
  EXPECT_THAT(AllowedData(init, Strict(), CrashKind::kProcess),
              ElementsAre(new_data));
  EXPECT_THAT(AllowedData(init + " nt_flush /f\n", Strict()),
              UnorderedElementsAre(old_data, new_data));
  EXPECT_THAT(AllowedData(init + " fsync /f\n", Named("linux-man")),
              ElementsAre(new_data));
  const std::string flushed = init + " flush_view v 0 0\n";
  EXPECT_THAT(AllowedData(flushed, Strict(), CrashKind::kOs),
              ElementsAre(new_data));
  EXPECT_THAT(AllowedData(flushed, Strict()),
              UnorderedElementsAre(old_data, new_data));
  EXPECT_THAT(AllowedData(flushed, Named("spec-permissive"), CrashKind::kOs),
              UnorderedElementsAre(old_data, new_data));
  EXPECT_THAT(AllowedData(flushed + " nt_flush /f\n", Named("spec-permissive")),
              ElementsAre(new_data));
}

TEST(DefinitionTest, FileDataOnlyCarriesPlacedDataToTheDevice) {
  const std::string placed =
      "init\n create /f\n write /f 0 512\n"
      "run\n write /f 0 512\n nt_flush /f file_data_only\n";
  const std::string old_data = "/f file 1 size 512 valid 512 op2.2.1*512";
  const std::string new_data = "/f file 1 size 512 valid 512 op3.3.1*512";
  EXPECT_THAT(AllowedData(placed, Strict(), CrashKind::kOs),
              ElementsAre(new_data));
  EXPECT_THAT(AllowedData(placed, Strict()),
              UnorderedElementsAre(old_data, new_data));
  const std::string other = placed + " create /g\n nt_flush /g\n";
  EXPECT_THAT(
      AllowedData(other, Strict()),
      UnorderedElementsAre(new_data, new_data + "\n/g file 2 size 0 valid 0"));
  const std::string grown =
      "init\n create /f\nrun\n write /f 0 512\n nt_flush /f file_data_only\n";
  EXPECT_THAT(
      AllowedData(grown, Strict(), CrashKind::kOs),
      IsSupersetOf({std::string("/f file 1 size 0 valid 0"),
                    std::string("/f file 1 size 512 valid 512 00*512")}));
}

TEST(DefinitionTest, AFailedFlushTaints) {
  const std::string failed =
      "init\n create /f\n write /f 0 512\n"
      "run\n write /f 0 512\n fsync /f -> EIO\n fsync /f\n";
  const std::string old_data = "/f file 1 size 512 valid 512 op2.2.1*512";
  EXPECT_THAT(AllowedData(failed, Strict()),
              UnorderedElementsAre(old_data,
                                   "/f file 1 size 512 valid 512 op3.3.1*512"));
  EXPECT_THAT(AllowedData(failed + " write /f 0 512\n fsync /f\n", Strict()),
              ElementsAre("/f file 1 size 512 valid 512 op6.6.1*512"));
}

// The write is in the page of the store that the flush of the view gave up.
TEST(DefinitionTest, AFailedViewFlushTaintsWritesInItsPage) {
  EXPECT_THAT(AllowedData("init\n create /f\n write /f 0 512\n"
                          "run\n write /f 0 512\n map v /f 0 512\n"
                          " store v 0 512\n msync v 0 512 -> EIO\n fsync /f\n",
                          Strict()),
              Contains("/f file 1 size 512 valid 512 op2.2.1*512"));
}

TEST(DefinitionTest, ABarrierOrdersWhatFollows) {
  const std::string ops =
      "init\n create /f\n create /g\n write /f 0 512\n write /g 0 512\n"
      "run\n write /f 0 512\n barrier_fsync /f\n write /g 0 512\n";
  const std::string f_old = "/f file 1 size 512 valid 512 op3.3.1*512";
  const std::string f_new = "/f file 1 size 512 valid 512 op5.5.1*512";
  const std::string g_old = "\n/g file 2 size 512 valid 512 op4.4.2*512";
  const std::string g_new = "\n/g file 2 size 512 valid 512 op7.7.2*512";
  EXPECT_THAT(
      AllowedData(ops, Strict()),
      UnorderedElementsAre(f_old + g_old, f_new + g_old, f_new + g_new));
}

TEST(DefinitionTest, OneJournalKeepsTheOrderOfNames) {
  const std::string ops = "run\n create /a\n create /b\n";
  const std::string a = "/a file 1 size 0 valid 0";
  EXPECT_THAT(AllowedData(ops, Named("ntfs")),
              UnorderedElementsAre("", a, a + "\n/b file 2 size 0 valid 0"));
  EXPECT_THAT(AllowedData(ops, Strict()),
              UnorderedElementsAre("", a, "/b file 1 size 0 valid 0",
                                   a + "\n/b file 2 size 0 valid 0"));
}

TEST(DefinitionTest, ReplaceBringsTheData) {
  const std::string ops =
      "init\n create /a\n create /b\n"
      "run\n write /b 0 16\n rename /b /a\n";
  // The only profile with the switch has the order of all data, too.
  Profile brings = Named("ext4-ordered");
  brings.replace_brings_data = true;
  EXPECT_THAT(
      AllowedData(ops, brings),
      UnorderedElementsAre(
          "/a file 1 size 0 valid 0\n/b file 2 size 0 valid 0",
          "/a file 1 size 0 valid 0\n/b file 2 size 16 valid 16 00*16",
          "/a file 1 size 0 valid 0\n/b file 2 size 16 valid 16 op3.3.2*16",
          "/a file 1 size 16 valid 16 op3.3.2*16"));
  for (const char* without : {"ext4-ordered", "xfs"}) {
    EXPECT_THAT(AllowedData(ops, Named(without)),
                IsSupersetOf({std::string("/a file 1 size 0 valid 0")}));
  }
}

TEST(DefinitionTest, SetValidDataShowsAnything) {
  EXPECT_THAT(AllowedData("init\n create /f\n set_end_of_file /f 700\n"
                          "run\n set_valid_data /f 600\n",
                          Strict()),
              UnorderedElementsAre("/f file 1 size 700 valid 0 00*700",
                                   "/f file 1 size 700 valid 600 any*700"));
}

TEST(DefinitionTest, DiskWrites) {
  const std::string w1 = "run\n disk_write 0 1\n";
  EXPECT_THAT(Allowed(w1, Strict()),
              UnorderedElementsAre("", "device op1.1.0*512"));
  EXPECT_THAT(Allowed(w1, Strict(), CrashKind::kOs),
              ElementsAre("device op1.1.0*512"));
  EXPECT_THAT(Allowed(w1 + " disk_write 1 1 preflush\n", Strict()),
              UnorderedElementsAre("device op1.1.0*512",
                                   "device op1.1.0*512 op2.2.0*512"));
  EXPECT_THAT(Allowed(w1 + " disk_write 1 1 fua\n", Strict()),
              UnorderedElementsAre("device 00*512 op2.2.0*512",
                                   "device op1.1.0*512 op2.2.0*512"));
  EXPECT_THAT(Allowed(w1 + " disk_flush\n disk_discard 0 1\n", Strict()),
              UnorderedElementsAre("", "device op1.1.0*512"));
}

}  // namespace
}  // namespace powercut
