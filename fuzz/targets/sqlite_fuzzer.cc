// SQLite over the whole pipeline: the input is SQL, one statement a line, that
// runs on a database in a world. Each statement is attempted, and acknowledged
// when it has returned. After each crash the database must be whole, and hold
// what some prefix of the statements gives that contains every acknowledged
// one.
//
// The first line chooses the journal mode and `synchronous`, among those that
// docs/engines.md says hold: `DELETE EXTRA`, `WAL FULL`. A line that chooses
// nothing means `DELETE EXTRA`, and is a statement.
//
// Statements that would take away what was promised, such as a PRAGMA, are not
// allowed, and neither is one that runs for long. Built with
// POWERCUT_WITHOUT_SYNCS, SQLite syncs nothing, which must be found.

#include <powercut/sqlite.h>
#include <sqlite3.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include <powercut/fuzzer.hpp>

namespace {

using powercut::Files;
using powercut::FuzzInput;
using powercut::State;
using powercut::World;

#ifdef POWERCUT_WITHOUT_SYNCS
constexpr bool kSyncs = false;
#else
constexpr bool kSyncs = true;
#endif
constexpr size_t kStatementsMax = 8;
constexpr size_t kDumpBytesMax = size_t{1} << 20;
constexpr std::array<std::string_view, 5> kSettings = {
    "DELETE EXTRA", "TRUNCATE FULL", "PERSIST FULL", "WAL FULL", "WAL EXTRA"};

int AllowStatement(void*, int action, const char*, const char*, const char*,
                   const char*) {
  switch (action) {
    case SQLITE_PRAGMA:
    case SQLITE_ATTACH:
    case SQLITE_DETACH:
      return SQLITE_DENY;
    default:
      return SQLITE_OK;
  }
}

int EndStatement(void*) { return 1; }

// A connection to /fuzz.db. Closing it leaves the journal to the next one, as a
// crash does.
class Database {
 public:
  Database(Files& files, uint8_t seed) {
    pc_sqlite_register(files.get(), "powercut", seed);
    sqlite3_open("/fuzz.db", &db_);
    sqlite3_db_config(db_, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
    sqlite3_limit(db_, SQLITE_LIMIT_LENGTH, 100'000);
    sqlite3_limit(db_, SQLITE_LIMIT_SQL_LENGTH, 4'096);
  }
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;
  ~Database() {
    sqlite3_close(db_);
    pc_sqlite_unregister("powercut");
  }

  // From here on statements are those of the input.
  void Restrict() {
    sqlite3_set_authorizer(db_, AllowStatement, nullptr);
    sqlite3_progress_handler(db_, 20'000, EndStatement, nullptr);
  }
  bool Run(const std::string& sql) {
    return sqlite3_exec(db_, sql.c_str(), nullptr, nullptr, nullptr) ==
           SQLITE_OK;
  }
  // All rows of a query, each value with its type and size.
  std::string Rows(const std::string& sql) {
    std::string rows;
    sqlite3_stmt* statement = nullptr;
    int result = sqlite3_prepare_v2(db_, sql.c_str(), -1, &statement, nullptr);
    while (result == SQLITE_OK || result == SQLITE_ROW) {
      result = sqlite3_step(statement);
      if (result != SQLITE_ROW || rows.size() > kDumpBytesMax) break;
      for (int i = 0; i < sqlite3_column_count(statement); ++i) {
        const int type = sqlite3_column_type(statement, i);
        const auto* const bytes =
            static_cast<const char*>(sqlite3_column_blob(statement, i));
        const auto size =
            static_cast<size_t>(sqlite3_column_bytes(statement, i));
        rows += std::to_string(type) + ":" + std::to_string(size) + ":";
        if (size > 0) rows.append(bytes, size);
      }
      rows += '\n';
    }
    if (result != SQLITE_DONE) rows += "error " + std::to_string(result);
    sqlite3_finalize(statement);
    return rows;
  }
  // The schema and the content of each table.
  std::string Dump() {
    const std::string schema = Rows(
        "SELECT type, name, tbl_name, sql FROM sqlite_master ORDER BY 1, 2");
    std::string dump = schema;
    sqlite3_stmt* tables = nullptr;
    sqlite3_prepare_v2(
        db_,
        "SELECT replace(name, '\"', '\"\"') FROM sqlite_master "
        "WHERE type = 'table' AND sql NOT LIKE 'CREATE VIRTUAL%' "
        "ORDER BY 1",
        -1, &tables, nullptr);
    while (sqlite3_step(tables) == SQLITE_ROW) {
      const auto* const name =
          reinterpret_cast<const char*>(sqlite3_column_text(tables, 0));
      dump += Rows("SELECT * FROM \"" + std::string(name) + "\"");
    }
    sqlite3_finalize(tables);
    return dump;
  }

 private:
  sqlite3* db_ = nullptr;
};

// The next line of the input.
std::string Line(FuzzInput& input) {
  std::string line;
  while (!input.empty()) {
    const char c = static_cast<char>(input.byte());
    if (c == '\n') break;
    if (c != '\0') line += c;
  }
  return line;
}

void Work(World& world, FuzzInput& input) {
  std::string line = Line(input);
  std::string_view setting = kSettings[0];
  for (const std::string_view one : kSettings) {
    if (line != one) continue;
    setting = one;
    line = Line(input);
  }
  const size_t space = setting.find(' ');
  Database database(world, 1);
  database.Run("PRAGMA page_size = 512");
  database.Run("PRAGMA journal_mode = " +
               std::string(setting.substr(0, space)));
  const std::string level =
      kSyncs ? std::string(setting.substr(space + 1)) : "OFF";
  database.Run("PRAGMA synchronous = " + level);
  database.Run("PRAGMA wal_autocheckpoint = 4");
  database.Run("CREATE TABLE t (a INTEGER PRIMARY KEY, b)");
  database.Restrict();
  world.start();
  for (uint64_t n = 1; n <= kStatementsMax; ++n) {
    if (!line.empty()) {
      world.attempt(n);
      database.Run(line);
      world.ack(n);
    }
    if (input.empty()) break;
    line = Line(input);
  }
}

void Look(State& state) {
  Database database(state, 2);
  const std::string integrity = database.Rows("PRAGMA integrity_check");
  if (integrity != "3:2:ok\n") state.violation("corrupt", integrity);
  state.found(database.Dump());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  return powercut::FuzzOne(data, size, Work, Look,
                           {.profiles = "linux-man",
                            .isolation = PC_IN_PROCESS,
                            .budget_ms = 3'000,
                            .runs_max = 300});
}
