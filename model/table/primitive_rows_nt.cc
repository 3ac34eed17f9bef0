// The rows of NT and Win32 files, and of mapped views (docs/semantics.md 1.1 to
// 1.3). "row N" in a source counts the rows of that section's table from 1.
//
// How to read them: a row reads as its document does where the document says
// one thing; the switches of a profile change cells afterwards (PromisesOf()).
// The comment before a row names the rule of docs/semantics.md 2.3 that its
// cells state, and the ambiguities that were decided. Example: FILE_DATA_ONLY
// has `data` at kDevice, `placed_data_only`, and no device flush. Its return
// thus promises, for a crash of the system, data that has its place already,
// and for power loss nothing.

#include <array>

#include "model/table/primitive_rows.h"

namespace powercut {
namespace {

// R-FVOF: stores of the pages, and nothing that was written through a handle.
// The summary of the page has the range written to the disk, which is read as
// kDevice; a switch reads the remarks, which promise less.
constexpr Coverage kViewFlush = {
    .scope = Scope::kView, .placed_data_only = true, .views = kDevice};

constexpr std::string_view kAtReturn = "at return; `start`/`wait` overlap it";
constexpr std::string_view kHandles =
    "no handle: STATUS_INVALID_HANDLE (A-43); no status block: "
    "STATUS_ACCESS_VIOLATION; a handle that can neither write nor append";
constexpr std::string_view kFlagHandles =
    "as NtFlushBuffersFile; more than one flag or a number that is none "
    "(A-04); "
    "parameters or their size not 0 (A-11): STATUS_INVALID_PARAMETER";
constexpr std::string_view kNtErrors =
    "STATUS_ACCESS_DENIED, STATUS_MEDIA_WRITE_PROTECTED (A-07), "
    "STATUS_VOLUME_DISMOUNTED (A-42); of several failures the first (A-23)";
constexpr std::string_view kWin32Errors =
    "FALSE, GetLastError as of the NT row: ERROR_ACCESS_DENIED, "
    "ERROR_WRITE_PROTECT";

constexpr std::array kRows = {
    // R-FLUSH0. Names are not covered: the page is silent about them.
    PrimitiveRow{
        .id = Primitive::kNtFlushBuffersFile,
        .family = Family::kFiles,
        .name = "NtFlushBuffersFile",
        .pcut = "nt_flush P",
        .coverage = kFullFlush,
        .completes = kAtReturn,
        .invalid = kHandles,
        .errors = kNtErrors,
        .file_systems = "all",
        .source = "NtFlushBuffersFile, Return code and Remarks (A-09: it has "
                  "no flags); MS-FSA 2.1.5.7; semantics.md 1.1 row 1"},
    // R-FLUSH0: the routine that takes flags, called with 0, equals the one
    // that takes none.
    PrimitiveRow{.id = Primitive::kNtFlushFull,
                 .family = Family::kFiles,
                 .name = "NtFlushBuffersFileEx 0",
                 .pcut = "nt_flush P flags=0",
                 .coverage = kFullFlush,
                 .completes = kAtReturn,
                 .invalid = kFlagHandles,
                 .errors = kNtErrors,
                 .file_systems = "NTFS, ReFS, FAT, exFAT",
                 .source = "NtFlushBuffersFileEx, Flags, value 0; "
                           "semantics.md 1.1 row 2; the whole device: A-40"},
    // R-FDONLY: metadata is never promised, and is no violation where it is
    // found.
    PrimitiveRow{
        .id = Primitive::kNtFlushDataOnly,
        .family = Family::kFiles,
        .name = "NtFlushBuffersFileEx FILE_DATA_ONLY",
        .pcut = "nt_flush P file_data_only",
        .coverage = {.scope = Scope::kFile,
                     .data = kDevice,
                     .placed_data_only = true},
        .completes = kAtReturn,
        .invalid = "a volume (A-05): STATUS_INVALID_PARAMETER; else as with 0",
        .errors = kNtErrors,
        .file_systems = "NTFS, FAT, exFAT; ReFS: STATUS_NOT_SUPPORTED (A-06)",
        .source = "NtFlushBuffersFileEx, Flags; semantics.md 1.1 row 3; "
                  "metadata may appear: A-01"},
    // R-NOSYNC: as R-FLUSH0 without the last step, the flush of the device.
    PrimitiveRow{
        .id = Primitive::kNtFlushNoSync,
        .family = Family::kFiles,
        .name = "NtFlushBuffersFileEx NO_SYNC",
        .pcut = "nt_flush P no_sync",
        .coverage = {.scope = Scope::kFile,
                     .data = kDevice,
                     .size = kDevice,
                     .times = kDevice},
        .completes = kAtReturn,
        .invalid = "a volume (A-05): STATUS_INVALID_PARAMETER; else as with 0",
        .errors = kNtErrors,
        .file_systems = "NTFS, FAT, exFAT; ReFS: STATUS_NOT_SUPPORTED (A-06)",
        .source = "NtFlushBuffersFileEx, Flags; semantics.md 1.1 row 4"},
    // R-DSYNCONLY: the size belongs to what is needed to find the data; the
    // other document denies that, which is a switch.
    PrimitiveRow{
        .id = Primitive::kNtFlushDataSyncOnly,
        .family = Family::kFiles,
        .name = "NtFlushBuffersFileEx FILE_DATA_SYNC_ONLY",
        .pcut = "nt_flush P file_data_sync_only",
        .coverage = kDataFlush,
        .completes = kAtReturn,
        .invalid = "a volume or a directory (A-05): STATUS_INVALID_PARAMETER; "
                   "else as with 0",
        .errors = kNtErrors,
        .file_systems = "NTFS; exFAT, ReFS: STATUS_NOT_SUPPORTED; FAT: a full "
                        "flush (A-06)",
        .source = "NtFlushBuffersFileEx, Flags, against FltFlushBuffers2 "
                  "(A-02, A-03); semantics.md 1.1 row 5"},
    // R-DIR: what FASTFAT does instead is a switch.
    PrimitiveRow{
        .id = Primitive::kNtFlushDirectory,
        .family = Family::kFiles,
        .name = "NtFlushBuffersFile of a directory",
        .pcut = "nt_flush DIR",
        .coverage = kDirectoryFlush,
        .completes = kAtReturn,
        .invalid = "file_data_sync_only: STATUS_INVALID_PARAMETER; a handle "
                   "that can add neither files nor folders",
        .errors = kNtErrors,
        .file_systems = "NTFS, ReFS; FAT: only the device is flushed (A-22)",
        .source = "MS-FSA 2.1.5.7; FASTFAT, flush.c; semantics.md 1.1 row 11"},
    // R-VOL: no flag is valid here, so that there is one row.
    PrimitiveRow{.id = Primitive::kNtFlushVolume,
                 .family = Family::kFiles,
                 .name = "NtFlushBuffersFile of a volume",
                 .pcut = "nt_flush volume",
                 .coverage = kVolumeFlush,
                 .completes = kAtReturn,
                 .invalid = "each flag (A-05): STATUS_INVALID_PARAMETER",
                 .errors = kNtErrors,
                 .file_systems = "all",
                 .source = "NtFlushBuffersFileEx, Flags; FltFlushBuffers2; "
                           "FASTFAT, flush.c; semantics.md 1.1 row 10"},
    // R-FLUSH0: the Win32 form of the full flush.
    PrimitiveRow{.id = Primitive::kFlushFileBuffers,
                 .family = Family::kFiles,
                 .name = "FlushFileBuffers",
                 .pcut = "flush_file_buffers P",
                 .coverage = kFullFlush,
                 .completes = kAtReturn,
                 .invalid = "a handle without GENERIC_WRITE; console output: "
                            "ERROR_INVALID_HANDLE",
                 .errors = kWin32Errors,
                 .file_systems = "all",
                 .source =
                     "FlushFileBuffers; semantics.md 1.1 row 9; stores through "
                     "views only after FlushViewOfFile: its Remarks (A-14)"},
    // R-VOL: the Win32 form.
    PrimitiveRow{.id = Primitive::kFlushFileBuffersVolume,
                 .family = Family::kFiles,
                 .name = "FlushFileBuffers of a volume",
                 .pcut = "flush_file_buffers volume",
                 .coverage = kVolumeFlush,
                 .completes = kAtReturn,
                 .invalid = "a caller who is no administrator",
                 .errors = kWin32Errors,
                 .file_systems = "all",
                 .source = "FlushFileBuffers, Remarks; FltFlushBuffers2; "
                           "semantics.md 1.1 row 10"},
    // R-FVOF: each page that the range touches is covered whole.
    PrimitiveRow{
        .id = Primitive::kFlushViewRange,
        .family = Family::kViews,
        .name = "FlushViewOfFile",
        .pcut = "flush_view V OFF LEN",
        .coverage = kViewFlush,
        .completes = "at return, not waiting for the hardware cache; "
                     "`start`/`wait` overlap it",
        .invalid = "a range outside the view: STATUS_INVALID_PARAMETER",
        .errors = "FALSE; underneath STATUS_NOT_MAPPED_VIEW, "
                  "STATUS_FILE_LOCK_CONFLICT on a paused CsvFs",
        .file_systems = "all; SMB 3.0 with TFO and SO, CsvFS, ReFS by name; "
                        "on a remote file the server may still hold it",
        .source = "FlushViewOfFile, Remarks (A-15, A-16); ZwFlushVirtualMemory "
                  "for whole pages (A-18); semantics.md 1.2 rows 1 and 3"},
    // R-FVOF: the same row with another range, up to the end of the view
    //
    PrimitiveRow{
        .id = Primitive::kFlushViewToEnd,
        .family = Family::kViews,
        .name = "FlushViewOfFile to the end",
        .pcut = "flush_view V OFF 0",
        .coverage = kViewFlush,
        .completes = "at return, not waiting for the hardware cache; "
                     "`start`/`wait` overlap it",
        .invalid = "a begin outside the view: STATUS_INVALID_PARAMETER",
        .errors = "as with a length",
        .file_systems = "as with a length",
        .source = "FlushViewOfFile, dwNumberOfBytesToFlush 0: the end of the "
                  "view (A-17); semantics.md 1.2 row 2"},
    // R-WT: the page promises the media only together with
    // FILE_FLAG_NO_BUFFERING. FASTFAT reaches them with this flag alone, which
    // is a switch.
    PrimitiveRow{.id = Primitive::kWriteThrough,
                 .family = Family::kFiles,
                 .name = "FILE_FLAG_WRITE_THROUGH",
                 .pcut = "open H P write_through",
                 .coverage = kDataOfOwnWrite,
                 .completes = "each write at its return",
                 .invalid = "nothing beyond what opening checks",
                 .errors = "of each write",
                 .file_systems = "all; metadata with it: NTFS",
                 .source =
                     "CreateFile, Caching Behavior; NtCreateFile; FASTFAT, "
                     "deviosup.c for FUA; semantics.md 1.3 rows 1 and 4"},
    // R-NB: metadata stays in the cache of the system.
    PrimitiveRow{.id = Primitive::kNoBuffering,
                 .family = Family::kFiles,
                 .name = "FILE_FLAG_NO_BUFFERING",
                 .pcut = "open H P no_buffering",
                 .coverage = kDataOfOwnWrite,
                 .completes = "each write at its return",
                 .invalid =
                     "offsets, lengths and buffers that are not of whole "
                     "sectors; not checked here",
                 .errors = "ERROR_INVALID_PARAMETER for what is not aligned",
                 .file_systems = "all; metadata stays cached",
                 .source = "CreateFile, Caching Behavior; File Buffering; "
                           "semantics.md 1.3 row 2"},
    // R-WT-NB: the page says that not all hardware honours the request, so that
    // the media are left to a switch.
    PrimitiveRow{
        .id = Primitive::kNoBufferingWriteThrough,
        .family = Family::kFiles,
        .name = "FILE_FLAG_WRITE_THROUGH and FILE_FLAG_NO_BUFFERING",
        .pcut = "open H P write_through no_buffering",
        .coverage = kDataOfOwnWrite,
        .completes = "each write at its return",
        .invalid = "as FILE_FLAG_NO_BUFFERING",
        .errors = "as FILE_FLAG_NO_BUFFERING",
        .file_systems = "all; the media only where the hardware honours it",
        .source = "CreateFile, Caching Behavior; FlushFileBuffers, Remarks; "
                  "semantics.md 1.3 row 3"},
};

}  // namespace

std::span<const PrimitiveRow> NtRows() { return kRows; }

}  // namespace powercut
