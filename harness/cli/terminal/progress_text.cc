// Composes the progress line from samples.
//
// Rates are differences between the first and the last sample. The time left is
// harder, since progress is not steady: prefixes come first and are fast. So
// the samples are halved at the middle of their time, and the share that was
// done per second is compared between the halves. If they agree within a factor
// of two, the later half is extrapolated; if not, no time is shown. For
// instance, shares 0, 0.25 and 0.5 at 0 s, 10 s and 20 s leave 20 s; shares 0,
// 0.4 and 0.5 leave nothing to say.

#include "harness/cli/terminal/progress_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>

namespace powercut {
namespace {

std::string DurationText(double seconds) {
  const auto s = static_cast<uint64_t>(seconds + 0.5);
  if (s < 60) return fmt::format("{} s", s);
  if (s < 3600) return fmt::format("{} min {} s", s / 60, s % 60);
  return fmt::format("{} h {} min", s / 3600, s / 60 % 60);
}

// The growth of a count per second, as ` (60/s)`. Empty if no time passed.
std::string RateText(uint64_t from, uint64_t to, double seconds) {
  if (seconds <= 0 || to < from) return "";
  const double rate = static_cast<double>(to - from) / seconds;
  return fmt::format(" ({:.{}f}/s)", rate, rate < 10 ? 1 : 0);
}

// How much the share grew per second; 0 if no time passed.
double GrowthPerSecond(const ProgressSample& from, const ProgressSample& to) {
  const double seconds = to.elapsed_s - from.elapsed_s;
  return seconds > 0 ? (to.progress.share - from.progress.share) / seconds : 0;
}

// The line without the name of the file.
std::string FiguresText(const std::vector<ProgressSample>& samples) {
  const ProgressSample& last = samples.back();
  const Progress& from = samples.front().progress;
  const Progress& to = last.progress;
  const double seconds = last.elapsed_s - samples.front().elapsed_s;
  std::string text;
  if (to.share > 0) {
    // Rounding down keeps 100 % for the end.
    text = fmt::format("{} %, ",
                       static_cast<int>(std::clamp(to.share, 0.0, 1.0) * 100));
  }
  text += fmt::format("{} states{}, {} runs{}, {} {}", to.states,
                      RateText(from.states, to.states, seconds), to.runs,
                      RateText(from.runs, to.runs, seconds), to.causes,
                      to.causes == 1 ? "cause" : "causes");
  if (const auto left = SecondsLeft(samples)) {
    text += fmt::format(", {} left", DurationText(*left));
  }
  return text;
}

}  // namespace

std::optional<double> SecondsLeft(const std::vector<ProgressSample>& samples) {
  constexpr double kElapsedMin_s = 5;
  constexpr double kShareMin = 0.01;
  constexpr double kSteady = 2;
  constexpr double kWeek_s = 7 * 24 * 3600;
  if (samples.size() < 3) return std::nullopt;
  const ProgressSample& first = samples.front();
  const ProgressSample& last = samples.back();
  if (last.elapsed_s - first.elapsed_s < kElapsedMin_s ||
      last.progress.share < kShareMin) {
    return std::nullopt;
  }
  const double middle_s = (first.elapsed_s + last.elapsed_s) / 2;
  // Neither the first nor the last sample is taken, so that both halves have a
  // length.
  const auto middle = std::find_if(
      samples.begin() + 1, samples.end() - 2,
      [&](const ProgressSample& s) { return s.elapsed_s >= middle_s; });
  const double early = GrowthPerSecond(first, *middle);
  const double late = GrowthPerSecond(*middle, last);
  if (early <= 0 || late <= 0 || early > late * kSteady ||
      late > early * kSteady) {
    return std::nullopt;
  }
  const double left_s = std::max(0.0, 1 - last.progress.share) / late;
  if (left_s > kWeek_s) return std::nullopt;
  return left_s;
}

std::string ProgressText(const std::string& file,
                         const std::vector<ProgressSample>& samples,
                         size_t columns) {
  const std::string figures = FiguresText(samples);
  std::string name = file;
  // The end of a path says more than its beginning, which gives way to dots.
  constexpr std::string_view kDots = "...";
  const size_t others = figures.size() + 2;
  if (columns > 0 && name.size() + others > columns) {
    const size_t room = columns > others ? columns - others : 0;
    name = room <= kDots.size()
               ? ""
               : std::string(kDots) +
                     name.substr(name.size() - (room - kDots.size()));
  }
  std::string line = name.empty() ? figures : name + ": " + figures;
  if (columns > 0 && line.size() > columns) line.resize(columns);
  return line;
}

}  // namespace powercut
