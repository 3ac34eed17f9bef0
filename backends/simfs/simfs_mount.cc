// Runs ops from begin to return, and begins those on data, sizes, views and raw
// sectors.
//
// An op has two halves. Begin() checks it, writes its effects at
// Layer::kProcess and plans its flushes. Finish() carries: first what the op
// itself promises (the plans), then raw sectors to the device, and last
// everything that the op wrote to the host, which is what any op that has
// returned promises. Then the op counts as returned. Apply() runs both halves;
// Start() runs the first one and Wait() the second, and between them other ops
// may run.
//
// Example, spec-strict: `write /f 0 512` into a new file writes sector 1032
// (the data) and sectors 73 and 74 (records of shape and times) at the process,
// and one persist event carries the three to the host. If the process dies
// before that event, each of the three is found or not.
//
// A mount after a crash starts from what recovery found, as version 0 of every
// object. Version 0 counts as durable.

#include "backends/simfs/simfs_mount.h"

#include <algorithm>
#include <cstring>
#include <limits>

#include "backends/simfs/flush_carry.h"
#include "harness/base/limits.h"

namespace powercut::simfs {
namespace {

// Ops that change files, names, times or the raw part. Unlike the function of
// this name in model/files/plan.cc, this one leaves out kMap: BeginMap() asks
// whether the mount is read-only only where the map makes the file longer. In
// the model every map fails with EROFS there.
bool HasEffects(OpKind kind) {
  switch (kind) {
    case OpKind::kCreate:
    case OpKind::kMkdir:
    case OpKind::kWrite:
    case OpKind::kAppend:
    case OpKind::kTruncate:
    case OpKind::kFallocate:
    case OpKind::kRename:
    case OpKind::kExchange:
    case OpKind::kReplaceFile:
    case OpKind::kLink:
    case OpKind::kUnlink:
    case OpKind::kRmdir:
    case OpKind::kSetTimes:
    case OpKind::kSetEndOfFile:
    case OpKind::kSetValidData:
    case OpKind::kStore:
    case OpKind::kDiskWrite:
    case OpKind::kDiskDiscard:
      return true;
    default:
      return false;
  }
}

}  // namespace

bool IsNtOp(OpKind kind) {
  switch (kind) {
    case OpKind::kNtFlush:
    case OpKind::kFlushFileBuffers:
    case OpKind::kSetEndOfFile:
    case OpKind::kSetValidData:
    case OpKind::kReplaceFile:
    case OpKind::kFlushView:
      return true;
    default:
      return false;
  }
}

SimfsMount::SimfsMount(VirtualDisk& disk, SimfsLayout layout,
                       const ProfileRules& rules, const SimfsBugs& bugs,
                       RecordScan scan)
    : s_(disk, std::move(layout), rules, bugs) {
  TakeScan(std::move(scan));
}

SimfsMount::SimfsMount(VirtualDisk& disk, SimfsLayout layout,
                       const ProfileRules& rules, const SimfsBugs& bugs,
                       const RecordCatalog& catalog, EventNumber upto)
    : s_(disk, std::move(layout), rules, bugs),
      demand_(std::make_unique<DemandVolume>(disk, catalog, upto)) {}

std::string SimfsMount::ScanIfNeeded() {
  if (demand_ == nullptr) return {};
  Result<RecordScan> scan = ScanRecords(s_.disk.disk(), s_.layout, s_.bugs);
  if (!scan) return "EIO";
  demand_.reset();
  TakeScan(std::move(*scan));
  return {};
}

void SimfsMount::TakeScan(RecordScan scan) {
  dropped_ = std::move(scan.dropped);
  s_.recovered = scan.next_record > 1;
  s_.shown = std::move(scan.shown);
  s_.superseded_contents = std::move(scan.superseded_contents);
  s_.segments_used = scan.segments_used;
  s_.next = {.record = scan.next_record,
             .record_sector = scan.next_record_sector,
             .inode = scan.next_inode,
             .generation = scan.next_generation,
             .zero_sector = scan.next_zero_sector,
             .old_sector = scan.next_old_sector};
  for (const auto& [name, inode] : s_.shown.names()) {
    s_.found_names_of[inode].insert(name);
    s_.sync_log.Find(name, inode);
  }
  // Names, shapes and times get their version 0 when an op first changes them.
  // Atoms need an entry now, since writes go to the generations that were
  // found.
  for (const auto& [inode, file] : s_.shown.files()) {
    file.shape.atoms.ForEach([&](uint64_t index, AtomLayers atom) {
      for (const GenerationLayer& layer : atom) {
        Generation& generation = s_.generations[layer.generation];
        generation.inode = inode;
        generation.atom = index;
        generation.sector = layer.sector;
        generation.found_version = s_.shown.RecordedVersion(layer.generation);
        generation.in_records =
            generation.found_version > 0 || layer.sector == 0;
        s_.files[inode].generations[index].push_back(layer.generation);
      }
      return true;
    });
  }
}

OpResult SimfsMount::Apply(const Op& op, uint64_t offset_bytes,
                           std::string_view content) {
  if (op.kind == OpKind::kWait) return Wait(op.numbers.at(0));
  Running running;
  std::string error = Begin({op, offset_bytes, content}, running);
  if (error.empty()) error = Finish(running);
  return {std::move(error)};
}

OpResult SimfsMount::Start(const Op& op, uint64_t offset_bytes,
                           std::string_view content) {
  POWERCUT_CHECK(op.start.has_value());
  // The op stays here until Wait() ends it.
  Running& running = started_[*op.start];
  running = {};
  running.overlapped = true;
  std::string error = Begin({op, offset_bytes, content}, running);
  if (!error.empty()) started_.erase(*op.start);
  return {std::move(error)};
}

OpResult SimfsMount::Wait(uint64_t start) {
  const auto found = started_.find(start);
  if (found == started_.end()) return {"EINVAL"};
  std::string error = Finish(found->second);
  started_.erase(found);
  return {std::move(error)};
}

ShownObjects& SimfsMount::Objects() {
  return demand_ ? static_cast<ShownObjects&>(*demand_) : s_.shown;
}

Observation SimfsMount::ObservePaths(const std::vector<std::string>& paths) {
  Observation observation;
  simfs::ObservePaths(s_.disk.disk(), Objects(), paths, observation);
  if (demand_ && !demand_->status()) {
    observation.entries.clear();
    observation.unreadable = "mount: EIO";
  }
  return observation;
}

Observation SimfsMount::Observe() {
  Observation observation;
  ObserveTree(s_.disk.disk(), Objects(), observation);
  if (demand_ && !demand_->status()) {
    observation.entries.clear();
    observation.unreadable = "mount: EIO";
    return observation;
  }
  // Raw sectors decide nothing either: they are only copied.
  Bytes raw(kRawSectors * kSimfsSectorBytes);
  s_.disk.disk().DeclarePart({ShownPart::kDevice, {}});
  s_.disk.disk().DeclareCopyTarget({}, raw, 0);
  const Status read = s_.disk.Read(kFirstRawSector, raw);
  s_.disk.disk().EndCopyTarget();
  s_.disk.disk().DeclarePart({});
  if (!read) {
    observation.entries.clear();
    observation.unreadable = "read: EIO";
    return observation;
  }
  // Observation::device has no zeros at its end. Whole sectors of zeros are
  // passed first: looking at each byte took most of an observation.
  size_t size = raw.size();
  const Bytes zeros(kSimfsSectorBytes);
  while (size > 0 && std::memcmp(&raw[size - kSimfsSectorBytes], zeros.data(),
                                 kSimfsSectorBytes) == 0) {
    size -= kSimfsSectorBytes;
  }
  const std::string_view used = AsText(ByteSpan(raw).first(size));
  observation.device = used.substr(0, used.find_last_not_of('\0') + 1);
  return observation;
}

std::string SimfsMount::Begin(const Input& in, Running& running) {
  if (std::string error = ScanIfNeeded(); !error.empty()) return error;
  running.op = in.op;
  running.source.op_run = static_cast<OpRunId>(s_.op_runs.size());
  running.source.op = in.op.number;
  s_.op_runs.push_back({});
  std::string error = BeginOp(in, running);
  if (error.empty()) error = running.error;
  // What begins while a sync runs may be logged by it, too.
  if (error.empty() && s_.sync_log.IsRunning()) error = FreeLogged(running);
  if (!error.empty()) s_.sync_log.EndSync(running.source.op_run);
  return error;
}

std::string SimfsMount::BeginOp(const Input& in, Running& running) {
  const Op& op = in.op;
  // nt_flush and flush_file_buffers check their arguments before the state of
  // the volume, in an order of their own.
  const bool nt_flush =
      op.kind == OpKind::kNtFlush || op.kind == OpKind::kFlushFileBuffers;
  if (nt_flush) return BeginNtFlush(op, running);
  if (dismounted_) return IsNtOp(op.kind) ? "STATUS_VOLUME_DISMOUNTED" : "EIO";
  if (HasEffects(op.kind)) {
    if (read_only_) return "EROFS";
    if (std::string error = VoidDropped(); !error.empty()) return error;
  }
  return BeginByKind(in, running);
}

std::string SimfsMount::BeginByKind(const Input& in, Running& running) {
  const Op& op = in.op;
  switch (op.kind) {
    case OpKind::kCreate:
    case OpKind::kMkdir:
    case OpKind::kLink:
    case OpKind::kUnlink:
    case OpKind::kRmdir:
    case OpKind::kRename:
    case OpKind::kExchange:
    case OpKind::kReplaceFile:
      return BeginName(in, running);
    case OpKind::kWrite:
    case OpKind::kAppend:
      return BeginWrite(in, running);
    case OpKind::kTruncate:
    case OpKind::kFallocate:
    case OpKind::kSetEndOfFile:
    case OpKind::kSetValidData:
    case OpKind::kSetTimes:
      return BeginResize(in, running);
    case OpKind::kMap:
      return BeginMap(in, running);
    case OpKind::kStore:
      return BeginStore(in, running);
    case OpKind::kUnmap:
      return views_.erase(op.names.at(0)) > 0 ? "" : "EINVAL";
    case OpKind::kOpen:
      return Open(op);
    case OpKind::kClose:
      return handles_.erase(op.names.at(0)) > 0 ? "" : "EBADF";
    case OpKind::kRemount:
      read_only_ = op.HasFlag("read_only");
      return "";
    case OpKind::kDismount:
      dismounted_ = true;
      return "";
    case OpKind::kDiskWrite:
    case OpKind::kDiskDiscard:
      return BeginRaw(in, running);
    default:
      return BeginFlush(in, running);
  }
}

// What the op itself asked for comes first: a write that could not be made
// durable fails, and then it promises nothing.
std::string SimfsMount::Finish(Running& running) {
  const bool nt_flush = running.op.kind == OpKind::kNtFlush ||
                        running.op.kind == OpKind::kFlushFileBuffers ||
                        running.op.kind == OpKind::kFlushView;
  const std::string failed = nt_flush ? "STATUS_IO_DEVICE_ERROR" : "EIO";
  s_.sync_log.EndSync(running.source.op_run);
  for (const FlushPlan& plan : running.plans) {
    const std::string error = CarryOut(s_, plan);
    if (error == "EIO") return failed;
    if (!error.empty()) return error;
  }
  if (!running.raw.empty()) {
    const SectorRange range{running.raw.begin()->first, running.raw.size()};
    // The zeros were written in Begin(). If the op overlapped others, one of
    // them may have written there since, which a discard now would take away.
    if (running.op.kind == OpKind::kDiskDiscard && !running.overlapped) {
      if (!s_.disk.Discard(range)) return failed;
    } else if (!s_.disk.Carry(running.raw, Layer::kDevice)) {
      return failed;
    }
    const bool fua =
        running.op.HasFlag("fua") && !s_.Has(SimfsBug::kFuaIgnored);
    if (fua && !s_.disk.Carry(running.raw, Layer::kMedia)) return failed;
  }
  if (!CarryToHost(s_, running.done.written)) return failed;
  s_.op_runs[running.source.op_run].returned = true;
  return {};
}

// A record that recovery dropped lacked something, which later writes could
// supply by accident: the record would then count after the next crash. The
// first op with an effect therefore names these records as void. The void
// record becomes the barrier, so that no later effect is found without it.
std::string SimfsMount::VoidDropped() {
  if (dropped_.empty()) return {};
  Batch batch(s_);
  const RecordNumber record =
      batch.AddRecord({VoidChange{dropped_}}, /*journalled=*/false);
  if (std::string error = batch.Commit(); !error.empty()) return error;
  s_.barrier = record;
  dropped_.clear();
  return {};
}

std::string SimfsMount::FileError(const Operand& operand) const {
  if (operand.inode == kNoInode) return "ENOENT";
  if (operand.handle != nullptr && operand.handle->read_only) return "EBADF";
  return IsDirectory(operand.inode) ? "EISDIR" : "";
}

std::string SimfsMount::BeginWrite(const Input& in, Running& running) {
  const Operand operand = Resolve(in.op.names.at(0));
  if (std::string error = FileError(operand); !error.empty()) return error;
  WriteMode mode;
  uint64_t offset = in.offset_bytes;
  if (operand.handle != nullptr) {
    mode = operand.handle->mode;
    running.source.handle = operand.handle->id;
    // An append handle writes at the end, whatever offset was passed.
    if (operand.handle->append) offset = ShapeOf(operand.inode).size;
  }
  mode.dsync |= in.op.HasFlag("dsync");
  mode.sync |= in.op.HasFlag("sync");
  if (offset > kFileBytesMax || in.content.size() > kFileBytesMax - offset) {
    return "EFBIG";
  }
  std::string error =
      Effects(s_, running.done)
          .Write(running.source, operand.inode, offset, in.content);
  if (!error.empty() || in.content.empty()) return error;
  // How the write goes through is a flush of what it wrote itself.
  for (const FlushRule& rule : RulesOf(mode, s_.rules, s_.bugs)) {
    const FlushTarget target{.inode = operand.inode, .own = &running.done};
    Plan(rule, target, running);
  }
  return {};
}

std::string SimfsMount::BeginResize(const Input& in, Running& running) {
  const Op& op = in.op;
  const Operand operand = Resolve(op.names.at(0));
  if (operand.handle != nullptr) running.source.handle = operand.handle->id;
  Effects effects(s_, running.done);
  const uint64_t number = op.numbers.at(0);
  std::string error = FileError(operand);
  if (op.kind == OpKind::kSetTimes) {
    // Times are the one thing here that directories have, too, and that a
    // handle without the right to write can set.
    if (operand.inode == kNoInode) return error;
    return effects.SetTimes(running.source, operand.inode, number);
  }
  if (!error.empty()) return error;
  const Shape& shape = ShapeOf(operand.inode);
  if (op.kind == OpKind::kSetValidData) {
    if (number <= shape.valid || number > shape.size) {
      return "STATUS_INVALID_PARAMETER";
    }
    return effects.SetValidData(running.source, operand.inode, number);
  }
  uint64_t size = number;
  auto how = Effects::Resizing::kTruncate;
  if (op.kind == OpKind::kSetEndOfFile) how = Effects::Resizing::kSetEndOfFile;
  if (op.kind == OpKind::kFallocate) {
    how = Effects::Resizing::kFallocate;
    const uint64_t length = op.numbers.at(1);
    if (length > kFileBytesMax || number > kFileBytesMax) return "EFBIG";
    size = std::max(shape.size, number + length);
  }
  if (size > kFileBytesMax) return "EFBIG";
  return effects.Resize(running.source, operand.inode, size, how);
}

std::string SimfsMount::BeginMap(const Input& in, Running& running) {
  const Op& op = in.op;
  // A view that is stored to needs a file that is open for writing (mmap(2)),
  // which no file of a read-only volume is (open(2)).
  if (read_only_) return "EROFS";
  const Operand operand = Resolve(op.names.at(1));
  const uint64_t offset = op.numbers.at(0);
  const uint64_t length = op.numbers.at(1);
  if (operand.inode == kNoInode) return "ENOENT";
  if (IsDirectory(operand.inode)) return "EISDIR";
  if (views_.contains(op.names[0])) return "EEXIST";
  const uint64_t size = ShapeOf(operand.inode).size;
  if (offset > size || offset % 4096 != 0 || length == 0) {
    return "STATUS_INVALID_PARAMETER";
  }
  if (length > kFileBytesMax - offset) return "EFBIG";
  // A view that reaches beyond the end makes the file longer. Only then does
  // the op have an effect, with the checks that go with one.
  if (offset + length > size) {
    if (std::string error = VoidDropped(); !error.empty()) return error;
    std::string error = Effects(s_, running.done)
                            .Resize(running.source, operand.inode,
                                    offset + length, Effects::Resizing::kMap);
    if (!error.empty()) return error;
  }
  views_[op.names[0]] = {operand.inode, next_id_++, offset, length};
  return {};
}

std::string SimfsMount::BeginStore(const Input& in, Running& running) {
  const auto found = views_.find(in.op.names.at(0));
  if (found == views_.end()) return "EINVAL";
  const View& view = found->second;
  const uint64_t offset = in.op.numbers.at(0);
  const uint64_t length = in.op.numbers.at(1);
  const std::string denied = "STATUS_ACCESS_VIOLATION";
  if (offset > view.size || length > view.size - offset) return denied;
  // The file may have become shorter than the view.
  const uint64_t begin = view.offset + offset;
  if (begin + length > ShapeOf(view.inode).size) return denied;
  POWERCUT_CHECK(in.content.size() == length);
  running.source.view = view.id;
  return Effects(s_, running.done)
      .Write(running.source, view.inode, begin, in.content);
}

std::string SimfsMount::BeginRaw(const Input& in, Running& running) {
  const Op& op = in.op;
  const uint64_t first = op.numbers.at(0);
  const uint64_t count = op.numbers.at(1);
  if (count == 0) return {};
  if (first >= kRawSectors || count > kRawSectors - first) return "EINVAL";
  const bool preflush =
      op.HasFlag("preflush") && !s_.Has(SimfsBug::kPreflushIgnored);
  // The flush is over before the write, since a raw sector has no record that
  // could make the write wait for it.
  if (preflush && !s_.disk.FlushDevice(s_.disk.now())) return "EIO";
  // A discard writes zeros first: the discard event itself is at the device at
  // once, while each sector may still be old as long as the op runs.
  Bytes bytes(count * kSimfsSectorBytes);
  if (op.kind == OpKind::kDiskWrite) {
    POWERCUT_CHECK(in.content.size() == bytes.size());
    const ByteSpan content = AsBytes(in.content);
    std::copy(content.begin(), content.end(), bytes.begin());
  }
  const uint64_t at = kFirstRawSector + first;
  if (!s_.disk.Write(at, bytes)) return "EIO";
  for (uint64_t sector = at; sector < at + count; ++sector) {
    running.raw[sector] = s_.disk.now();
  }
  return {};
}

}  // namespace powercut::simfs
