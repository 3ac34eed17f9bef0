#include "backends/simfs/flush_rules.h"

namespace powercut::simfs {
namespace {

class Rules {
 public:
  Rules(const ProfileRules& rules, const SimfsBugs& bugs)
      : b_(rules), bugs_(bugs) {}

  FlushRule Of(const FlushKind& kind) const {
    if (kind.volume) return Volume();
    switch (kind.op) {
      case OpKind::kSyncfs:
        return Volume();
      case OpKind::kFsync:
        return Posix(kind.directory ? Directory() : Full());
      case OpKind::kFdatasync:
        return Posix(Fdatasync());
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

  // How the device is flushed behind a flush of one object.
  DeviceSync Behind() const {
    if (Has(SimfsBug::kFsyncSkipsDevice)) return DeviceSync::kNone;
    return b_.device_flush_is_global ? DeviceSync::kAll : DeviceSync::kOwn;
  }

  // Data that is overwritten in place, and nothing else: worth nothing where
  // data moves when it is overwritten.
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
            .sees_stores = b_.file_flush_has_stores,
            .device = Behind()};
  }

  FlushRule Directory() const {
    return {.scope = FlushScope::kDirectory,
            .times = true,
            .names = b_.directory_flush_has_names &&
                     !Has(SimfsBug::kDirectorySkipsNames),
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

  // macOS: fsync hands over to the drive and waits no longer. Names that
  // follow a full flush go with the media only.
  FlushRule Posix(FlushRule rule) const {
    if (!b_.fsync_stops_at_device) return rule;
    rule.device = DeviceSync::kNone;
    if (rule.scope == FlushScope::kFile) rule.names = false;
    return rule;
  }

  FlushRule Fdatasync() const {
    return {.scope = FlushScope::kFile,
            .data = true,
            .shape = !Has(SimfsBug::kFdatasyncSkipsSize),
            .sees_stores = b_.file_flush_has_stores,
            .device = Behind()};
  }

  FlushRule Barrier() const {
    return {.scope = FlushScope::kFile,
            .data = true,
            .shape = true,
            .times = true,
            .sees_stores = b_.file_flush_has_stores,
            .barrier = !Has(SimfsBug::kBarrierIgnored)};
  }

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
    if (async && !Has(SimfsBug::kMsyncAsyncIsSync)) return {};
    FlushRule rule{.scope = FlushScope::kView,
                   .shape = true,
                   .stores = StoreReach::kDevice,
                   .all_views = true,
                   .sees_stores = b_.file_flush_has_stores,
                   .device = Behind()};
    if (Has(SimfsBug::kMsyncSkipsDevice)) rule.device = DeviceSync::kNone;
    return rule;
  }

  FlushRule Through(const WriteMode& mode) const {
    FlushRule rule = Placed(FlushScope::kOwn);
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

  FlushRule SyncWrite(bool times) const {
    return {.scope = FlushScope::kOwn,
            .data = true,
            .shape = true,
            .times = times && !Has(SimfsBug::kSyncWriteSkipsTimes),
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
