// Which settings of SQLite are safe in which world: a table of journal mode by
// synchronous for each profile, found by looking at the crashes of a small bank
// (sqlite_bank.h). docs/engines.md holds the tables against SQLite's
// documentation.
//
// A cell that holds was looked at to the end: every crash state of the run. A
// cell with a violation is explored for a bounded number of recoveries, since
// there may be hundreds of thousands of states with one and the same cause.

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <string>

#include <powercut/powercut.hpp>

#include "tests/engines/sqlite_bank.h"

namespace {

using powercut::Explore;
using powercut::State;
using powercut::States;
using powercut::World;

struct Cell {
  std::string verdict;  // "holds", or the causes.
  pc_counts counts{};
  std::string report;
};

Cell Explored(const SqliteSetting& setting, uint64_t commits,
              const Explore& options, bool from_empty = false) {
  World world;
  Cell cell;
  if (!FillSqliteBank(world, setting, commits, from_empty)) {
    cell.verdict = "SQLite failed";
    return cell;
  }
  States states = world.explore(options);
  for (State& state : states) LookAtSqliteBank(state, from_empty);
  std::vector<std::string> causes;
  for (const auto& finding : states.findings()) {
    causes.push_back(finding.cause);
  }
  std::sort(causes.begin(), causes.end());
  for (const std::string& cause : causes) {
    cell.verdict += (cell.verdict.empty() ? "" : "+") + cause;
  }
  if (states.holds()) cell.verdict = "holds";
  if (cell.verdict.empty()) cell.verdict = "unknown";
  cell.counts = states.counts();
  cell.report = states.report();
  return cell;
}

Explore Under(const std::string& profile) {
  Explore options;
  options.profiles = profile;
  options.budget_ms = 600'000;
  return options;
}

void Print(const std::string& profile, const SqliteSetting& setting,
           const Cell& cell) {
  std::printf("%-13s %-8s %-6s  %-12s  %8llu states in %7llu runs of 2^%.0f\n",
              profile.c_str(), setting.journal_mode.c_str(),
              setting.synchronous.c_str(), cell.verdict.c_str(),
              static_cast<unsigned long long>(cell.counts.states),
              static_cast<unsigned long long>(cell.counts.runs),
              cell.counts.space_log2);
}

// Prints a line for each cell, so that one run shows the whole table with its
// numbers, and returns the table.
std::string Table(const std::string& profile) {
  std::string table;
  for (const std::string journal_mode :
       {"DELETE", "TRUNCATE", "PERSIST", "WAL"}) {
    table += journal_mode + ":";
    for (const std::string synchronous : {"OFF", "NORMAL", "FULL", "EXTRA"}) {
      Explore options = Under(profile);
      if (synchronous == "OFF" || synchronous == "NORMAL") {
        options.runs_max = 1500;
      }
      const SqliteSetting setting{journal_mode, synchronous};
      const Cell cell = Explored(setting, 2, options);
      Print(profile, setting, cell);
      table += " " + cell.verdict;
    }
    table += "\n";
  }
  return table;
}

// A name is durable when its directory was synced.
TEST(SqliteTable, WhereTheDirectoryMustBeSynced) {
  EXPECT_EQ(Table("linux-man"),
            "DELETE: corrupt+lost corrupt+lost lost holds\n"
            "TRUNCATE: corrupt+lost corrupt+lost holds holds\n"
            "PERSIST: corrupt+lost corrupt+lost holds holds\n"
            "WAL: corrupt+lost lost holds holds\n");
}

// An fsync of the file is enough for its name.
TEST(SqliteTable, WhereTheFileBringsItsName) {
  EXPECT_EQ(Table("ext4-ordered"),
            "DELETE: corrupt+lost corrupt+lost lost holds\n"
            "TRUNCATE: corrupt+lost corrupt+lost holds holds\n"
            "PERSIST: corrupt+lost corrupt+lost holds holds\n"
            "WAL: corrupt+lost lost holds holds\n");
}

// What holds also holds from the empty world on: the database, its journal and
// its WAL are made among the crashes.
TEST(SqliteTable, WhileTheDatabaseIsMade) {
  for (const char* journal_mode : {"DELETE", "TRUNCATE", "PERSIST", "WAL"}) {
    const SqliteSetting setting{journal_mode, "EXTRA"};
    const Cell cell = Explored(setting, 1, Under("linux-man"), true);
    Print("linux-man", setting, cell);
    EXPECT_EQ(cell.verdict, "holds") << cell.report;
  }
}

// At least a million states of each cell that must not corrupt, which takes
// minutes: docs/engines.md has the command and what it printed. All states of
// nine commits are decided first; then the states that differ from the newest
// or the oldest one in at most two writes are looked at one by one.
TEST(SqliteTable, DISABLED_AMillionStates) {
  for (const char* profile : {"linux-man", "ext4-ordered"}) {
    for (const char* journal_mode : {"DELETE", "TRUNCATE", "PERSIST", "WAL"}) {
      for (const char* synchronous : {"FULL", "EXTRA"}) {
        const SqliteSetting setting{journal_mode, synchronous};
        const bool loses =
            setting.journal_mode == "DELETE" && setting.synchronous == "FULL";
        uint64_t states = 0;
        for (const char* space : {"exhaustive", "epoch:2"}) {
          Explore options = Under(profile);
          options.space = space;
          options.budget_ms = 3'600'000;
          const Cell cell = Explored(setting, 9, options);
          Print(std::string(profile) + " " + space, setting, cell);
          EXPECT_EQ(cell.verdict, loses ? "lost" : "holds") << cell.report;
          states = cell.counts.states;
        }
        EXPECT_GE(states, 1'000'000u);
      }
    }
  }
}

}  // namespace
