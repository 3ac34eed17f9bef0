// The rows of logs with the CLFS interface (docs/semantics.md 1.5.2; "row N"
// counts the rows of its table from 1).
//
// How to read them: `records` says how far records are carried, `pointers` the
// base, the archive tail and the restart area. Which records a row covers
// (those of an area, or all up to an LSN) is decided by the log model
// (model/logs/log_model.cc), as is the order of records (O-LSN). Where there is
// a device flush it is kOwn: a log carries nothing that others left at the
// device. Example: with two appends and a `log_flush`, the appends promise
// nothing, and the return of the flush promises both records for power loss.

#include <array>

#include "model/table/primitive_rows.h"

namespace powercut {
namespace {

// The records that the row covers go to the media. Pointers are never carried
// by a flush of records.
constexpr Coverage kRecordsToMedia = {
    .scope = Scope::kLog, .records = kDevice, .device = DeviceFlush::kOwn};

constexpr std::string_view kOverlapped =
    "at return, or with an OVERLAPPED when that completes: `start`/`wait` "
    "(A-25)";
constexpr std::string_view kAtReturn = "at return; `start`/`wait` overlap it";
constexpr std::string_view kLogs = "CLFS logs on NTFS";
// The pages of clfsw32.h announce lists of codes that are empty, so that any
// error counts as a failure.
constexpr std::string_view kAnyError =
    "zero with any GetLastError (A-35); in the kernel an NTSTATUS";

constexpr std::array kRows = {
    // R-APPEND: the record is in a buffer of the process, and may die with it.
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
    // R-APPEND: queued in the order of LSNs, but not forced: the host has the
    // records of the area.
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
    // R-APPEND: the record and those of its area go to the media; O-LSN adds
    // the smaller LSNs of other areas.
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
    // R-FLUSHLB: the records of one area whose appends had returned.
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
    // R-FLTL: the records of all areas up to the LSN.
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
    // R-FLUSHLB: a null LSN makes this the flush of an area.
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
    // R-WRA: the only row that carries pointers, besides that of syncfs.
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
    // R-ALB: the new base may be found from now on. Only a later restart area
    // or syncfs promises it.
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
    // R-ATAIL: promised like a base.
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
    // R-RESET: promised by the next flush or restart area, so not here.
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
