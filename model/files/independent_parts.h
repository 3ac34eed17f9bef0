// IndependentParts: which parts of an observation no rule of the model ties to
// each other. The versions that a crash may leave of one part and of another
// need not be tried in combination.

#ifndef POWERCUT_MODEL_FILES_INDEPENDENT_PARTS_H_
#define POWERCUT_MODEL_FILES_INDEPENDENT_PARTS_H_

#include <compare>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>

#include "harness/base/shown_part.h"
#include "model/table/profile.h"
#include "model/words/workload.h"

namespace powercut {

// Shown parts with one number, other than 0, may be tied to each other. All
// others are judged by themselves, given what is shown with number 0. More
// exactly: at every moment of `run`, if an observation is inadmissible, and
// differs from an admissible one in parts with several numbers, none of them 0,
// then the differences in the parts with one of these numbers alone are
// inadmissible, too.
class IndependentParts {
 public:
  // Knows no parts: the number of each is 0.
  IndependentParts() = default;

  // Requires: the model that judges goes by the profile's own table
  // (PromisesOf()), and ops end as the workload says, or fail.
  // Cost: that of running the workload through a model.
  IndependentParts(const Profile& profile, const Workload& workload);

  // The number of a part, from 1 to count(). 0 if the part may be tied to any
  // other: names, and what the workload has no path for. O(log paths).
  uint32_t NumberOf(ShownPart part) const;

  uint32_t count() const { return count_; }

  // One line for each part, such as `data /f 1`: its kind, its path and its
  // number.
  std::string Text() const;

 private:
  struct ByPart {
    using is_transparent = void;
    using Key = std::pair<ShownPart::Kind, std::string>;
    static std::pair<ShownPart::Kind, std::string_view> Of(ShownPart part) {
      return {part.kind, part.path};
    }
    static std::pair<ShownPart::Kind, std::string_view> Of(const Key& key) {
      return {key.first, key.second};
    }
    bool operator()(const auto& a, const auto& b) const {
      return Of(a) < Of(b);
    }
  };

  std::map<ByPart::Key, uint32_t, ByPart> numbers_;
  uint32_t count_ = 0;
};

}  // namespace powercut

#endif  // POWERCUT_MODEL_FILES_INDEPENDENT_PARTS_H_
