// SqliteBank: a small SQLite database on the files of a world, and what must be
// in it after each of its commits. It knows only public interfaces.

#ifndef POWERCUT_TESTS_ENGINES_SQLITE_BANK_H_
#define POWERCUT_TESTS_ENGINES_SQLITE_BANK_H_

#include <powercut/sqlite.h>
#include <sqlite3.h>

#include <cstdint>
#include <cstdlib>
#include <string>

#include <powercut/powercut.hpp>

// How SQLite is asked to commit.
struct SqliteSetting {
  std::string journal_mode;
  std::string synchronous;
};

// A connection to /bank.db. Each account has the number of the last commit that
// changed it, so that a commit that is there in part shows.
class SqliteBank {
 public:
  static constexpr int kAccounts = 6;

  // Recovers as after a reboot: the VFS `powercut` moves to `files`. The bank
  // is opened through `vfs`, which may be another one on top of it, and with
  // the parameters of `uri`.
  SqliteBank(powercut::Files& files, uint8_t seed, const char* vfs = "powercut",
             const char* uri = "/bank.db") {
    pc_sqlite_register(files.get(), "powercut", seed);
    constexpr int kFlags =
        SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_URI;
    opened_ = sqlite3_open_v2(uri, &db_, kFlags, vfs) == SQLITE_OK;
  }
  SqliteBank(const SqliteBank&) = delete;
  SqliteBank& operator=(const SqliteBank&) = delete;
  ~SqliteBank() { sqlite3_close(db_); }

  // Whether the statement could be run.
  bool Run(const std::string& sql) {
    return opened_ && sqlite3_exec(db_, sql.c_str(), nullptr, nullptr,
                                   nullptr) == SQLITE_OK;
  }
  // The first column of the first row; "error: " and a text if it fails.
  std::string Ask(const std::string& sql) {
    sqlite3_stmt* statement = nullptr;
    std::string answer;
    int result = sqlite3_prepare_v2(db_, sql.c_str(), -1, &statement, nullptr);
    if (result == SQLITE_OK) result = sqlite3_step(statement);
    if (result == SQLITE_ROW) {
      const unsigned char* text = sqlite3_column_text(statement, 0);
      if (text != nullptr) answer = reinterpret_cast<const char*>(text);
    } else if (result != SQLITE_DONE) {
      answer = std::string("error: ") + sqlite3_errmsg(db_);
    }
    sqlite3_finalize(statement);
    return answer;
  }

  bool Create(const SqliteSetting& setting) {
    bool made = Run("PRAGMA page_size = 1024") &&
                Run("PRAGMA journal_mode = " + setting.journal_mode) &&
                Run("PRAGMA synchronous = " + setting.synchronous) &&
                Run("PRAGMA wal_autocheckpoint = 8") &&
                Run("CREATE TABLE account (id INTEGER PRIMARY KEY, "
                    "last INTEGER, pad TEXT)") &&
                Run("BEGIN");
    for (int id = 1; id <= kAccounts && made; ++id) {
      made = Run("INSERT INTO account VALUES (" + std::to_string(id) +
                 ", 0, '" + std::string(680, 'x') + "')");
    }
    return made && Run("COMMIT");
  }
  // Commit `number` changes three accounts, which lie on different pages.
  bool Commit(uint64_t number) {
    return Run("UPDATE account SET last = " + std::to_string(number) +
               " WHERE id % 3 = " + std::to_string(number % 3) + " OR id = 1");
  }
  // What Accounts() is after `commits` commits.
  static std::string Expected(uint64_t commits) {
    std::string all;
    for (uint64_t id = 1; id <= kAccounts; ++id) {
      // The last number up to `commits` that leaves the remainder of `id`.
      const uint64_t behind = (commits + 3 - id % 3) % 3;
      const uint64_t last = behind < commits ? commits - behind : 0;
      all += (id == 1 ? "" : ",") + std::to_string(id == 1 ? commits : last);
    }
    return all;
  }
  std::string Accounts() {
    return Ask(
        "SELECT group_concat(last) FROM "
        "(SELECT last FROM account ORDER BY id)");
  }
  // "ok", or what is wrong with the database.
  std::string Integrity() { return Ask("PRAGMA integrity_check"); }
  // Closing makes no checkpoint: what a check writes is of no use.
  void NoCheckpoint() {
    sqlite3_db_config(db_, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
  }

 private:
  sqlite3* db_ = nullptr;
  bool opened_ = false;
};

// Makes a bank, and lets it commit; each commit is attempted and acknowledged.
// Crashes begin after the bank was made, or with the empty world if
// `from_empty` says so. Returns whether SQLite did all of it.
inline bool FillSqliteBank(powercut::World& world, const SqliteSetting& setting,
                           uint64_t commits, bool from_empty = false,
                           const char* vfs = "powercut") {
  SqliteBank bank(world, 1, vfs);
  bool done = bank.Create(setting);
  if (!from_empty) world.start();
  for (uint64_t number = 1; number <= commits && done; ++number) {
    world.attempt(number);
    done = bank.Commit(number);
    world.ack(number);
  }
  return done;
}

// Says what is wrong with a state: "corrupt" if the database is damaged or has
// a commit in part, "lost" if it is whole and lacks an acknowledged commit.
inline void LookAtSqliteBank(powercut::State& state, bool from_empty = false) {
  SqliteBank bank(state, 2);
  bank.NoCheckpoint();
  const std::string integrity = bank.Integrity();
  if (integrity != "ok") {
    state.violation("corrupt", integrity);
    return;
  }
  const std::string accounts = bank.Accounts();
  // A crash while the bank is made leaves no accounts, or no table for them.
  const bool unmade =
      from_empty &&
      (accounts.empty() || accounts == "error: no such table: account");
  // Each commit changes the first account.
  const uint64_t found =
      unmade ? 0 : std::strtoull(accounts.c_str(), nullptr, 10);
  if (!unmade && accounts != SqliteBank::Expected(found)) {
    state.violation("corrupt", "the accounts are " + accounts);
  } else if (state.must_have(found + 1) || (unmade && state.may_have(1))) {
    state.violation("lost", "an acknowledged commit is gone");
  } else if (found > 0 && !state.may_have(found)) {
    state.violation("corrupt", "a commit was never attempted");
  }
}

#endif  // POWERCUT_TESTS_ENGINES_SQLITE_BANK_H_
