// Makes the rule of each flush, in one small function for each kind.
//
// A rule says what a flush carries to the device (scope, data, shape, times,
// names, stores) and what it then makes the device write to the media. The
// profile turns parts of a rule on or off, and each planted bug breaks one
// rule.
//
// Three shapes come back again and again:
//   - Full(): everything of a file, then a flush of the device (fsync, nt_flush
//     without a flag, FlushFileBuffers, F_FULLFSYNC).
//   - Placed(): only data that is overwritten in its place, and no flush of the
//     device (FILE_DATA_ONLY, sync_file_range, unbuffered writes).
//   - FlushScope::kOwn: what one write wrote (write-through), and kSyncedWrite:
//     that and the metadata of its file (dsync, sync).
//
// Example, spec-strict: /f has one durable atom. After `write /f 0 1024`,
// nt_flush with file_data_only carries the first atom to the device and not the
// second, whose space no durable shape gives. A crash of the system then leaves
// the new first atom, a loss of power may leave the old one.

#include "backends/simfs/flush_rules.h"

namespace powercut::simfs {
namespace {

class Rules {
 public:
  Rules(const ProfileRules& rules, const SimfsBugs& bugs)
      : b_(rules), bugs_(bugs) {}

  FlushRule Of(const FlushKind& kind) const {
    // No flag is valid for a volume, so that the op does not matter.
    if (kind.volume) return Volume();
    switch (kind.op) {
      case OpKind::kSyncfs:
        return Volume();
      case OpKind::kFsync:
        return Posix(kind.directory ? Directory() : Full());
      case OpKind::kFdatasync:
        // The data of a directory is its names.
        return Posix(kind.directory ? Directory() : Fdatasync());
      case OpKind::kFullFsync:
        return Full();
      case OpKind::kBarrierFsync:
        return Barrier();
      case OpKind::kSyncFileRange:
        return Range();
      case OpKind::kNtFlush:
      case OpKind::kFlushFileBuffers:
        return Nt(kind);
      case OpKind::kFlushView:
        return FlushView();
      case OpKind::kMsync:
        return Msync(kind.async);
      default:
        return {};
    }
  }

  std::vector<FlushRule> OfWrite(const WriteMode& mode) const {
    std::vector<FlushRule> rules;
    if (mode.write_through || mode.unbuffered) rules.push_back(Through(mode));
    if (mode.sync || mode.dsync) rules.push_back(SyncWrite(mode.sync));
    return rules;
  }

 private:
  bool Has(SimfsBug bug) const { return bugs_.contains(bug); }

  // Returns how the device is flushed after a flush of one object.
  DeviceSync Behind() const {
    if (Has(SimfsBug::kFsyncSkipsDevice)) return DeviceSync::kNone;
    return b_.device_flush_is_global ? DeviceSync::kAll : DeviceSync::kOwn;
  }

  // Carries data that is overwritten in place, and nothing else. Where data
  // moves when it is overwritten, the new place would need a new shape, so that
  // such a flush carries nothing.
  FlushRule Placed(FlushScope scope) const {
    return {.scope = scope,
            .data = b_.in_place_survives_os,
            .placed_only = true,
            .sees_stores = b_.file_flush_has_stores};
  }

  FlushRule Full() const {
    if (Has(SimfsBug::kFullIsDataOnly)) return Placed(FlushScope::kFile);
    return {.scope = FlushScope::kFile,
            .data = !Has(SimfsBug::kFsyncSkipsData),
            .shape = !Has(SimfsBug::kFsyncSkipsShape),
            .times = !Has(SimfsBug::kFsyncSkipsTimes),
            .names = b_.full_flush_has_names,
            .names_above = b_.names_above_are_current,
            .removals = b_.full_flush_has_removals &&
                        !Has(SimfsBug::kFsyncKeepsRemovedNames),
            .sees_stores = b_.file_flush_has_stores,
            .device = Behind()};
  }

  FlushRule Directory() const {
    return {.scope = FlushScope::kDirectory,
            .times = true,
            .names = b_.directory_flush_has_names &&
                     !Has(SimfsBug::kDirectorySkipsNames),
            .own_names = b_.directory_flush_has_own_name &&
                         !Has(SimfsBug::kDirectorySkipsOwnName),
            .names_above = b_.names_above_are_current,
            .device = Behind()};
  }

  FlushRule Volume() const {
    return {.scope = FlushScope::kVolume,
            .data = true,
            .shape = true,
            .times = true,
            .names = true,
            .sees_stores = b_.file_flush_has_stores,
            .device = DeviceSync::kAll};
  }

  // On macOS fsync hands over to the drive and does not wait for the media
  // (docs/semantics.md 1.6 row 21). Only a flush that reaches the media covers
  // names of the file.
  FlushRule Posix(FlushRule rule) const {
    if (!b_.fsync_stops_at_device) return rule;
    rule.device = DeviceSync::kNone;
    if (rule.scope == FlushScope::kFile) {
      rule.names = rule.made_name = rule.removals = false;
    }
    return rule;
  }

  FlushRule Fdatasync() const {
    return {.scope = FlushScope::kFile,
            .data = true,
            .shape = !Has(SimfsBug::kFdatasyncSkipsSize),
            .made_name = b_.data_sync_has_made_name,
            .sees_stores = b_.file_flush_has_stores,
            .device = Behind()};
  }

  // F_BARRIERFSYNC gives an order instead of a flush of the device.
  FlushRule Barrier() const {
    return {.scope = FlushScope::kFile,
            .data = true,
            .shape = true,
            .times = true,
            .sees_stores = b_.file_flush_has_stores,
            .barrier = !Has(SimfsBug::kBarrierIgnored)};
  }

  // The manual page of sync_file_range promises nothing; where it was measured,
  // placed data reaches the device.
  FlushRule Range() const {
    FlushRule rule = Placed(Has(SimfsBug::kRangeIgnored) ? FlushScope::kFile
                                                         : FlushScope::kRange);
    rule.data = rule.data && b_.range_sync_writes;
    return rule;
  }

  FlushRule NoSync() const {
    return {.scope = FlushScope::kFile,
            .data = true,
            .shape = true,
            .times = true,
            .sees_stores = b_.file_flush_has_stores,
            .device = Has(SimfsBug::kNoSyncFlushesDevice) ? DeviceSync::kOwn
                                                          : DeviceSync::kNone};
  }

  FlushRule DataOnly() const {
    if (Has(SimfsBug::kDataOnlyIsFull)) return Full();
    if (b_.data_only_has_metadata) return NoSync();
    return Placed(FlushScope::kFile);
  }

  FlushRule DataSyncOnly() const {
    if (b_.data_sync_is_full) return Full();
    // The documents differ on the size (docs/semantics.md A-02).
    const bool size =
        b_.data_sync_has_size && !Has(SimfsBug::kDataSyncSkipsSize);
    FlushRule rule = Placed(FlushScope::kFile);
    if (size) {
      rule.data = true;
      rule.placed_only = false;
      rule.shape = true;
    }
    rule.times = Has(SimfsBug::kDataSyncWritesTimes);
    rule.device = Behind();
    return rule;
  }

  FlushRule Nt(const FlushKind& kind) const {
    if (kind.nt_flag == 1) return DataOnly();
    if (kind.nt_flag == 2) return NoSync();
    if (kind.nt_flag == 4) return DataSyncOnly();
    return kind.directory ? Directory() : Full();
  }

  // Whether the pages are at the device on return is open (docs/semantics.md
  // Where data moves when it is overwritten, waiting would not help.
  FlushRule FlushView() const {
    const bool waits = b_.view_flush_waits && b_.in_place_survives_os;
    return {.scope = FlushScope::kView,
            .placed_only = true,
            .stores = waits ? StoreReach::kDevice : StoreReach::kHost,
            .all_views = b_.view_flush_all_views,
            .device = Has(SimfsBug::kViewReachesMedia) ? DeviceSync::kOwn
                                                       : DeviceSync::kNone};
  }

  FlushRule Msync(bool async) const {
    // MS_ASYNC has no effect on Linux (docs/semantics.md 1.6 row 8).
    if (async && !Has(SimfsBug::kMsyncAsyncIsSync)) return {};
    FlushRule rule{.scope = FlushScope::kView,
                   .shape = true,
                   .made_name = b_.data_sync_has_made_name,
                   .stores = StoreReach::kDevice,
                   .all_views = true,
                   .sees_stores = b_.file_flush_has_stores,
                   .device = Behind()};
    if (Has(SimfsBug::kMsyncSkipsDevice)) rule.device = DeviceSync::kNone;
    return rule;
  }

  FlushRule Through(const WriteMode& mode) const {
    FlushRule rule = Placed(FlushScope::kOwn);
    // The scope is one write, which is no store.
    rule.sees_stores = false;
    if (!mode.write_through) return rule;
    if (Has(SimfsBug::kWriteThroughIgnored)) return {};
    if (b_.write_through_has_metadata) {
      rule.data = true;
      rule.placed_only = false;
      rule.shape = true;
      rule.times = true;
    }
    const bool fua = b_.write_through_is_fua ||
                     (mode.unbuffered && b_.unbuffered_write_through_is_fua);
    if (fua) rule.device = DeviceSync::kOwn;
    return rule;
  }

  // A write with sync is followed by an fsync of its file, and one with dsync
  // by an fdatasync. Neither carries the data of other writes, nor what these
  // left at the device.
  FlushRule SyncWrite(bool full) const {
    return {.scope = FlushScope::kSyncedWrite,
            .data = true,
            .shape = true,
            .times = full && !Has(SimfsBug::kSyncWriteSkipsTimes),
            .names = full && b_.full_flush_has_names,
            .names_above = b_.names_above_are_current,
            .made_name = !full && b_.data_sync_has_made_name,
            .removals = full && b_.full_flush_has_removals,
            .device = Has(SimfsBug::kDsyncSkipsFua) ? DeviceSync::kNone
                                                    : DeviceSync::kOwn};
  }

  const ProfileRules& b_;
  const SimfsBugs& bugs_;
};

}  // namespace

FlushRule RuleOf(const FlushKind& kind, const ProfileRules& rules,
                 const SimfsBugs& bugs) {
  return Rules(rules, bugs).Of(kind);
}

std::vector<FlushRule> RulesOf(const WriteMode& mode, const ProfileRules& rules,
                               const SimfsBugs& bugs) {
  return Rules(rules, bugs).OfWrite(mode);
}

}  // namespace powercut::simfs
