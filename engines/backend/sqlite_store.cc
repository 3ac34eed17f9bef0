// SQLite as a store: one table of keys and values, and one row that counts the
// commits, so that each commit writes something.
//
// `commit sync` runs with the level of the option `synchronous`. `commit
// nosync` runs with NORMAL in journal mode WAL, where SQLite promises that a
// crash corrupts nothing; the other journal modes have no weaker level that
// promises this, so that it is a `commit sync` there. `checkpoint` is
// `wal_checkpoint(FULL)`, which only WAL has.

#include <fmt/format.h>
#include <powercut/sqlite.h>
#include <sqlite3.h>

#include <functional>

#include "engines/backend/engine_options.h"
#include "engines/backend/engine_store.h"

namespace powercut {
namespace {

constexpr const char* kVfs = "powercut-backend";
constexpr const char* kFile = "/store.db";

using Options = std::map<std::string, std::string>;

Result<Options> OptionsOf(const std::string& text) {
  return EngineOptionsOf(
      "sqlite", text,
      {{"journal_mode", {"WAL", "DELETE", "TRUNCATE", "PERSIST"}},
       {"synchronous", {"FULL", "OFF", "NORMAL", "EXTRA"}}});
}

class SqliteStore final : public EngineStore {
 public:
  explicit SqliteStore(Options options) : options_(std::move(options)) {}
  ~SqliteStore() override {
    // A checkpoint on closing would read more of the disk than the recovery
    // does.
    if (!prepared_) {
      sqlite3_db_config(db_, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
    }
    sqlite3_close(db_);
    pc_sqlite_unregister(kVfs);
  }

  Status Open(pc_world* world) {
    // What a journal was made with before a crash is not used again after it.
    pc_facts facts = PC_FACTS;
    const bool is_new = pc_stat(world, kFile, &facts) != 0;
    pc_sqlite_register(world, kVfs, is_new ? 1 : 2);
    const int result = sqlite3_open_v2(
        kFile, &db_, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, kVfs);
    return result == SQLITE_OK ? Status(Ok{}) : Failed("open");
  }

  Status Prepare() override {
    if (prepared_) return Ok{};
    // Small pages make small crash spaces.
    POWERCUT_TRY(Run("PRAGMA page_size = 1024"));
    POWERCUT_TRY(Run("PRAGMA journal_mode = " + options_["journal_mode"]));
    POWERCUT_TRY(Run("PRAGMA synchronous = " + options_["synchronous"]));
    POWERCUT_TRY(
        Run("BEGIN; CREATE TABLE IF NOT EXISTS store (key BLOB PRIMARY KEY, "
            "value BLOB) WITHOUT ROWID; CREATE TABLE IF NOT EXISTS commits "
            "(id INTEGER PRIMARY KEY, count INTEGER); INSERT OR IGNORE INTO "
            "commits VALUES (1, 0); COMMIT"));
    prepared_ = true;
    return Ok{};
  }

  Status Commit(const std::vector<StoreChange>& changes, bool sync) override {
    const std::string& full = options_["synchronous"];
    const bool lazy =
        !sync && options_["journal_mode"] == "WAL" && full != "OFF";
    POWERCUT_TRY(Run("PRAGMA synchronous = " + (lazy ? "NORMAL" : full)));
    POWERCUT_TRY(Run("BEGIN"));
    for (const StoreChange& change : changes) POWERCUT_TRY(Make(change));
    return Run("UPDATE commits SET count = count + 1; COMMIT");
  }

  Status Checkpoint() override {
    POWERCUT_TRY(Run("PRAGMA synchronous = " + options_["synchronous"]));
    return Run("PRAGMA wal_checkpoint(FULL)");
  }

  Result<std::map<std::string, std::string>> Keys() override {
    std::string integrity;
    POWERCUT_TRY(Ask("PRAGMA integrity_check", [&](sqlite3_stmt* row) {
      if (integrity.empty()) integrity = Bytes(row, 0);
    }));
    if (integrity != "ok") {
      return Error{ErrorCode::kIo, "integrity_check: " + integrity};
    }
    bool made = false;
    POWERCUT_TRY(Ask("SELECT 1 FROM sqlite_master WHERE name = 'store'",
                     [&](sqlite3_stmt*) { made = true; }));
    std::map<std::string, std::string> keys;
    if (!made) return keys;
    POWERCUT_TRY(Ask("SELECT key, value FROM store", [&](sqlite3_stmt* row) {
      keys[Bytes(row, 0)] = Bytes(row, 1);
    }));
    return keys;
  }

 private:
  Error Failed(const std::string& what) const {
    return {ErrorCode::kIo, what + ": " + sqlite3_errmsg(db_)};
  }

  static std::string Bytes(sqlite3_stmt* row, int column) {
    const auto* const bytes =
        static_cast<const char*>(sqlite3_column_blob(row, column));
    const int size = sqlite3_column_bytes(row, column);
    return bytes == nullptr ? std::string()
                            : std::string(bytes, static_cast<size_t>(size));
  }

  Status Run(const std::string& sql) {
    const int result =
        sqlite3_exec(db_, sql.c_str(), nullptr, nullptr, nullptr);
    return result == SQLITE_OK ? Status(Ok{}) : Failed(sql);
  }

  Status Ask(const char* sql, const std::function<void(sqlite3_stmt*)>& take) {
    sqlite3_stmt* statement = nullptr;
    int result = sqlite3_prepare_v2(db_, sql, -1, &statement, nullptr);
    if (result == SQLITE_OK) {
      while ((result = sqlite3_step(statement)) == SQLITE_ROW) take(statement);
    }
    // The text of the error is that of the last call.
    Status asked = result == SQLITE_DONE ? Status(Ok{}) : Failed(sql);
    sqlite3_finalize(statement);
    return asked;
  }

  Status Make(const StoreChange& change) {
    const char* const sql = change.value
                                ? "INSERT OR REPLACE INTO store VALUES (?, ?)"
                                : "DELETE FROM store WHERE key = ?";
    sqlite3_stmt* statement = nullptr;
    sqlite3_prepare_v2(db_, sql, -1, &statement, nullptr);
    Bind(statement, 1, change.key);
    if (change.value) Bind(statement, 2, *change.value);
    const bool done = sqlite3_step(statement) == SQLITE_DONE;
    Status made = done ? Status(Ok{}) : Failed(sql);
    sqlite3_finalize(statement);
    return made;
  }

  static void Bind(sqlite3_stmt* statement, int column,
                   const std::string& bytes) {
    sqlite3_bind_blob(statement, column, bytes.data(),
                      static_cast<int>(bytes.size()), SQLITE_TRANSIENT);
  }

  Options options_;
  sqlite3* db_ = nullptr;
  bool prepared_ = false;
};

Result<std::unique_ptr<EngineStore>> OpenSqlite(pc_world* world,
                                                const std::string& text) {
  POWERCUT_ASSIGN(Options options, OptionsOf(text));
  auto store = std::make_unique<SqliteStore>(std::move(options));
  POWERCUT_TRY(store->Open(world));
  return std::unique_ptr<EngineStore>(std::move(store));
}

}  // namespace

Result<Engine> SqliteEngine(const std::string& text) {
  POWERCUT_ASSIGN(Options options, OptionsOf(text));
  return Engine{"sqlite",
                fmt::format("SQLite {} on simfs, journal_mode={}, "
                            "synchronous={}",
                            sqlite3_libversion(), options["journal_mode"],
                            options["synchronous"]),
                OpenSqlite, text, options["journal_mode"] == "WAL"};
}

}  // namespace powercut
