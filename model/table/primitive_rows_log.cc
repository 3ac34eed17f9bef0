// Rows: logs with the CLFS interface (research/semantics.md 1.5.2; "row N"
// counts the rows of its table from 1).

#include <array>

#include "model/table/primitive_rows.h"

namespace powercut {
namespace {

constexpr Coverage kRecordsToMedia = {
    .scope = Scope::kLog, .records = kDevice, .device = DeviceFlush::kOwn};

constexpr std::string_view kOverlapped =
    "at return, or with an OVERLAPPED when that completes: `start`/`wait` "
    "(A-25)";
constexpr std::string_view kAtReturn = "at return; `start`/`wait` overlap it";
constexpr std::string_view kLogs = "CLFS logs on NTFS";
// The lists of codes in clfsw32.h's pages are empty.
constexpr std::string_view kAnyError =
    "zero with any GetLastError (A-35); in the kernel an NTSTATUS";

constexpr std::array kRows = {
    PrimitiveRow{.id = Primitive::kLogAppend,
                 .family = Family::kLogs,
                 .name = "ReserveAndAppendLog",
                 .pcut = "log_append L LEN",
                 .coverage = {.scope = Scope::kLog},
                 .completes = kOverlapped,
                 .invalid = "a marshalling area that is closed",
                 .errors =
                     "ERROR_LOG_FULL, ERROR_LOG_FILE_FULL, ERROR_IO_PENDING; "
                     "reserves and appends all or nothing",
                 .file_systems = kLogs,
                 .source = "ReserveAndAppendLog; ClfsReserveAndAppendLog; CLFS "
                           "Marshalling Areas; semantics.md 1.5.2 row 1"},
    PrimitiveRow{
        .id = Primitive::kLogForceAppend,
        .family = Family::kLogs,
        .name = "ReserveAndAppendLog FORCE_APPEND",
        .pcut = "log_append L LEN force_append",
        .coverage = {.scope = Scope::kLog, .records = kHost},
        .completes = "queued at return; the write-out may come later",
        .invalid = "as without the flag",
        .errors = "as without the flag",
        .file_systems = kLogs,
        .source = "ClfsReserveAndAppendLog, CLFS_FLAG_FORCE_APPEND: queued in "
                  "LSN order, not forced; semantics.md 1.5.2 row 2"},
    PrimitiveRow{
        .id = Primitive::kLogForceFlush,
        .family = Family::kLogs,
        .name = "ReserveAndAppendLog FORCE_FLUSH",
        .pcut = "log_append L LEN force_flush",
        .coverage = kRecordsToMedia,
        .completes = kOverlapped,
        .invalid = "as without the flag",
        .errors = "as without the flag",
        .file_systems = kLogs,
        .source = "ClfsReserveAndAppendLog, CLFS_FLAG_FORCE_FLUSH (A-28: with "
                  "the smaller LSNs, by their order); semantics.md 1.5.2 "
                  "row 3"},
    PrimitiveRow{
        .id = Primitive::kLogFlush,
        .family = Family::kLogs,
        .name = "FlushLogBuffers, ClfsFlushBuffers",
        .pcut = "log_flush L",
        .coverage = kRecordsToMedia,
        .completes = kOverlapped,
        .invalid = "a marshalling area that is closed; above APC_LEVEL",
        .errors = kAnyError,
        .file_systems = kLogs,
        .source = "FlushLogBuffers, Description, pOverlapped and Returns; "
                  "ClfsFlushBuffers, Remarks (A-24: the records of the area); "
                  "semantics.md 1.5.2 row 5"},
    PrimitiveRow{
        .id = Primitive::kLogFlushToLsn,
        .family = Family::kLogs,
        .name = "FlushLogToLsn, ClfsFlushToLsn",
        .pcut = "log_flush_to L K",
        .coverage = kRecordsToMedia,
        .completes = kOverlapped,
        .invalid = "an LSN that is not of the log",
        .errors = kAnyError,
        .file_systems = kLogs,
        .source = "FlushLogToLsn; ClfsFlushToLsn: at least what is not above "
                  "the LSN (A-27 for what it returns); semantics.md 1.5.2 "
                  "row 6"},
    PrimitiveRow{.id = Primitive::kLogFlushToNull,
                 .family = Family::kLogs,
                 .name = "FlushLogToLsn CLFS_LSN_NULL",
                 .pcut = "log_flush_to L 0",
                 .coverage = kRecordsToMedia,
                 .completes = kOverlapped,
                 .invalid = "as FlushLogBuffers, which it equals",
                 .errors = kAnyError,
                 .file_systems = kLogs,
                 .source = "FlushLogBuffers, Description; ClfsFlushBuffers, "
                           "Remarks; semantics.md 1.5.2 row 7"},
    PrimitiveRow{
        .id = Primitive::kLogRestart,
        .family = Family::kLogs,
        .name = "WriteLogRestartArea",
        .pcut = "log_restart L",
        .coverage = {.scope = Scope::kLog,
                     .records = kDevice,
                     .pointers = kDevice,
                     .device = DeviceFlush::kOwn},
        .completes = kOverlapped,
        .invalid = "a base that is no LSN of the log (not validated there: "
                   "A-32)",
        .errors = kAnyError,
        .file_systems = kLogs,
        .source = "ClfsWriteRestartArea: records, the restart record and the "
                  "log's metadata (A-33 for the last LSN); semantics.md 1.5.2 "
                  "row 8"},
    PrimitiveRow{
        .id = Primitive::kLogAdvanceBase,
        .family = Family::kLogs,
        .name = "AdvanceLogBase",
        .pcut = "log_advance_base L K",
        .coverage = {.scope = Scope::kLog},
        .completes = kAtReturn,
        .invalid = "a base below the present one or above the last LSN",
        .errors = kAnyError,
        .file_systems = kLogs,
        .source = "ClfsAdvanceLogBase: changes metadata, need not flush it "
                  "(A-30); what lies below may never be written (A-31); "
                  "semantics.md 1.5.2 row 9"},
    PrimitiveRow{.id = Primitive::kLogArchiveTail,
                 .family = Family::kLogs,
                 .name = "SetLogArchiveTail",
                 .pcut = "log_archive_tail L K",
                 .coverage = {.scope = Scope::kLog},
                 .completes = kAtReturn,
                 .invalid = "an LSN that is not exactly a record's",
                 .errors = kAnyError,
                 .file_systems = kLogs,
                 .source = "ClfsSetArchiveTail; CLFS Support for Archiving; "
                           "semantics.md 1.5.2 row 10"},
    PrimitiveRow{
        .id = Primitive::kLogReset,
        .family = Family::kLogs,
        .name = "CloseAndResetLogFile",
        .pcut = "log_reset L",
        .coverage = {.scope = Scope::kLog},
        .completes = "when the last object of the log is closed",
        .invalid = "a physical log: ERROR_INVALID_HANDLE; more than 124 times",
        .errors = kAnyError,
        .file_systems = kLogs,
        .source = "CloseAndResetLogFile; ClfsCloseAndResetLogFile (A-26: when "
                  "it lasts is not said); semantics.md 1.5.2 row 12"},
};

}  // namespace

std::span<const PrimitiveRow> LogRows() { return kRows; }

}  // namespace powercut
