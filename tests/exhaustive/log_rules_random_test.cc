// LogModel held against the rules of logs (log_by_rules.h): random ops, of
// which some fail, some are refused and some are still under way, under drawn
// tables. At every moment the model must list exactly what the rules allow,
// must admit each of these logs, and must reject logs that differ from them.

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <iterator>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "model/logs/log_model.h"
#include "tests/exhaustive/drawn_table.h"
#include "tests/exhaustive/log_by_rules.h"
#include "tests/exhaustive/seeds.h"

namespace powercut {
namespace {

Op DrawnLogOp(Chooser& chooser, size_t records) {
  static constexpr std::array kKinds = {
      OpKind::kLogAppend,      OpKind::kLogAppend,      OpKind::kLogAppend,
      OpKind::kLogAppend,      OpKind::kLogAppend,      OpKind::kLogFlush,
      OpKind::kLogFlush,       OpKind::kLogFlushTo,     OpKind::kLogRestart,
      OpKind::kLogRestart,     OpKind::kLogAdvanceBase, OpKind::kLogAdvanceBase,
      OpKind::kLogArchiveTail, OpKind::kLogArchiveTail, OpKind::kLogReset,
      OpKind::kSyncfs};
  Op op = NewOp(kKinds[chooser.Below(kKinds.size())], {"L"});
  // Most numbers are those of one of the last records.
  const uint64_t number =
      records == 0 || chooser.OneIn(12)
          ? chooser.Below(9)
          : records - chooser.Below(std::min<uint64_t>(records, 4));
  switch (op.kind) {
    case OpKind::kLogAppend:
      op.numbers = {chooser.OneIn(12) ? 15 : 16 + chooser.Below(30)};
      if (chooser.OneIn(6)) op.flags = {"force_append"};
      if (op.flags.empty() && chooser.OneIn(6)) op.flags = {"force_flush"};
      break;
    case OpKind::kLogFlushTo:
      op.numbers = {chooser.OneIn(3) ? 0 : number};
      break;
    case OpKind::kLogRestart:
      if (chooser.OneIn(2)) op.keys = {{"base", std::to_string(number)}};
      break;
    case OpKind::kLogAdvanceBase:
    case OpKind::kLogArchiveTail:
      op.numbers = {number};
      break;
    case OpKind::kSyncfs:
      op.names.clear();
      break;
    default:
      break;
  }
  const bool of_area =
      op.kind == OpKind::kLogAppend || op.kind == OpKind::kLogFlush;
  if (of_area && chooser.OneIn(3)) {
    op.keys = {{"area", chooser.OneIn(12) ? "N" : "M"}};
  }
  return op;
}

// Changes one thing of a log. LSNs are record numbers.
void ChangeLog(Chooser& chooser, const LogByRules& rules, ObservedLog& log) {
  const uint64_t number = 1 + chooser.Below(rules.records());
  const size_t at = log.records.empty() ? 0 : chooser.Below(log.records.size());
  const auto place = log.records.begin() + static_cast<ptrdiff_t>(at);
  switch (chooser.Below(6)) {
    case 0:
      if (!log.records.empty()) log.records.erase(place);
      break;
    case 1: {
      const auto after = std::find_if(
          log.records.begin(), log.records.end(),
          [&](const ObservedRecord& record) { return record.lsn >= number; });
      if (after != log.records.end() && after->lsn == number) break;
      log.records.insert(after, {number, rules.content(number),
                                 rules.content(number).size() == 64});
      break;
    }
    case 2:
      log.base_lsn = chooser.OneIn(4) ? 0 : number;
      break;
    case 3:
      log.restart_lsn = chooser.OneIn(4) ? 0 : number;
      break;
    case 4:
      if (!log.records.empty()) place->restart = !place->restart;
      break;
    default:
      if (log.records.empty()) break;
      place->content[chooser.Below(place->content.size())] ^= 1;
      break;
  }
}

// Whether the rules allow a log in which every record is as it was written.
bool IsAllowed(const std::map<std::string, ObservedLog>& allowed,
               const OrderRules& order, const ObservedLog& log) {
  const auto listed = [&](uint64_t lsn) {
    return lsn == 0 ||
           std::any_of(log.records.begin(), log.records.end(),
                       [&](const auto& record) { return record.lsn == lsn; });
  };
  const bool whole = listed(log.base_lsn) && listed(log.restart_lsn);
  // Where one of these rules is off, a pointer may lead to no record.
  if (!whole && order.base_within_log && order.restart_atomic) return false;
  return std::any_of(allowed.begin(), allowed.end(), [&](const auto& member) {
    return whole ? member.second == log : member.second.records == log.records;
  });
}

void HoldLog(const LogModel& model, const LogByRules& rules,
             const PromiseTable& table, Chooser& chooser, ModelCounts& counts) {
  ASSERT_EQ(model.MayBeMissing(), rules.MayBeMissing());
  for (const CrashKind kind : kCrashKinds) {
    ++counts.moments;
    const auto allowed = rules.Allowed(kind);
    std::set<std::string> expected;
    for (const auto& [text, log] : allowed) expected.insert(text);
    std::set<std::string> listed;
    for (const ObservedLog& log : model.Admissible(kind)) {
      listed.insert(LogWords(log));
      ASSERT_TRUE(model.Check(log, kind).empty()) << LogWords(log);
    }
    ASSERT_EQ(listed, expected) << CrashKindName(kind);
    ASSERT_EQ(model.CheckMissing(kind).empty(), rules.MayBeMissing());
    if (rules.records() == 0) continue;
    for (int i = 0; i < 6; ++i) {
      auto member = allowed.begin();
      std::advance(member,
                   static_cast<ptrdiff_t>(chooser.Below(allowed.size())));
      ObservedLog log = member->second;
      for (uint64_t n = 1 + chooser.Below(2); n > 0; --n) {
        ChangeLog(chooser, rules, log);
      }
      const bool admitted = IsAllowed(allowed, table.order, log);
      ++(admitted ? counts.admitted : counts.rejected);
      const auto violations = model.Check(log, kind);
      ASSERT_EQ(violations.empty(), admitted)
          << CrashKindName(kind) << ' ' << LogWords(log);
      if (admitted) continue;
      ASSERT_EQ(violations.size(), 1u);
      ASSERT_EQ(violations[0].op, rules.Suspect(kind)) << CrashKindName(kind);
    }
  }
}

void RunLogWorkload(uint64_t seed, ModelCounts& counts) {
  SeededChooser chooser(Seed(seed));
  bool keeps_dirty = false;
  const PromiseTable table = DrawnTable(chooser, keeps_dirty);
  LogModel model(table, keeps_dirty);
  LogByRules rules(table, keeps_dirty);
  std::vector<uint32_t> running;
  std::string done;
  const auto end = [&](uint32_t number) {
    const bool ok = !chooser.OneIn(5);
    done += "  op " + std::to_string(number) + (ok ? " returns\n" : " fails\n");
    ASSERT_EQ(model.End(number, ok, 0), rules.End(number, ok));
  };
  const size_t count = 5 + chooser.Below(7);
  const size_t init = chooser.Below(5);
  for (uint32_t number = 1; number <= count; ++number) {
    Op op = number == 1   ? NewOp(OpKind::kLogOpen, {"L"})
            : number == 2 ? NewOp(OpKind::kLogArea, {"L", "M"})
                          : DrawnLogOp(chooser, rules.records());
    op.number = number;
    done += std::to_string(number) + " " + OpText(op) + "\n";
    SCOPED_TRACE("workload " + std::to_string(seed) + "\n" + done);
    ASSERT_EQ(!model.PlanError(op).empty(), rules.Refuses(op));
    const bool writes =
        op.kind == OpKind::kLogAppend || op.kind == OpKind::kLogRestart;
    const bool refused = rules.Refuses(op);
    rules.Begin(op, writes && !refused ? model.ContentOf(op) : "");
    model.Begin(op, 0);
    if (number > init) HoldLog(model, rules, table, chooser, counts);
    if (number > 2 && !refused && running.size() < 2 && chooser.OneIn(4)) {
      running.push_back(number);
    } else if (number <= 2 || refused) {
      done += "  op " + std::to_string(number) + " returns\n";
      ASSERT_EQ(model.End(number, !refused, 0), rules.End(number, !refused));
    } else {
      end(number);
    }
    while (!running.empty() && chooser.OneIn(3)) {
      end(running.front());
      running.erase(running.begin());
    }
    if (number == init) {
      done += "run\n";
      model.EndInit();
      rules.EndInit();
    }
    if (number >= init) HoldLog(model, rules, table, chooser, counts);
    if (::testing::Test::HasFatalFailure()) return;
  }
}

TEST(LogRulesRandom, TheModelListsWhatTheRulesAllow) {
  ModelCounts counts;
  for (uint64_t i = 0; i < WorkOf(4000); ++i) {
    RunLogWorkload(20'000'000 + i, counts);
    if (HasFatalFailure()) return;
  }
  EXPECT_GT(counts.rejected, counts.moments);
  EXPECT_GT(counts.admitted * 10, counts.moments);
}

}  // namespace
}  // namespace powercut
