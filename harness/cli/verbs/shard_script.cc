// Writes the jobs of a sharded exploration.
//
// Both forms run the same line for each shard. A shard that ends with a
// violation or a bound has done its work, and its report says so; a scheduler
// that took the status for a failure would run it again. Any other status is a
// failure of the job. A report appears whole or not at all, so that a shard
// whose machine was lost leaves none and can simply run again.

#include "harness/cli/verbs/shard_script.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>

#include <nlohmann/json.hpp>

#include "harness/judge/failure_block.h"

namespace powercut {
namespace {

std::string Words(const std::vector<std::string>& command) {
  std::string text = "powercut";
  for (const std::string& word : command) text += " " + ShellWord(word);
  return text;
}

// The lines of one shard, for a shell. `index` is an expression of the shell.
std::string ShardLines(const std::vector<std::string>& command, uint32_t count,
                       std::string_view index, std::string_view jobs,
                       std::string_view folder) {
  return fmt::format(
      "index={}\n"
      "{} --quiet{} \\\n"
      "  --shard \"$index/{}\" --json \"{}shard$index.json\"\n"
      "[ $? -le 2 ]\n",
      index, Words(command), jobs, count, folder);
}

std::string Indented(std::string_view lines, std::string_view by) {
  std::string text;
  while (!lines.empty()) {
    const size_t end = lines.find('\n') + 1;
    text += fmt::format("{}{}", by, lines.substr(0, end));
    lines.remove_prefix(end);
  }
  return text;
}

// A text as a scalar of YAML, of which JSON is a part.
std::string Scalar(const std::string& text) {
  return nlohmann::json(text).dump();
}

}  // namespace

Status CheckShardedCommand(const std::vector<std::string>& command) {
  if (command.empty() ||
      (command.front() != "check" && command.front() != "explore")) {
    return Error{ErrorCode::kUsage,
                 fmt::format("`{}` cannot run in shards: expected `check` or "
                             "`explore` after `--`",
                             command.empty() ? "" : command.front())};
  }
  constexpr std::array<std::string_view, 4> kOfShards = {"--shard", "--json",
                                                         "--jobs", "--quiet"};
  for (const std::string& word : command) {
    const std::string_view flag =
        std::string_view(word).substr(0, word.find('='));
    if (std::ranges::count(kOfShards, flag) == 0) continue;
    return Error{
        ErrorCode::kUsage,
        fmt::format("leave {} out: each shard gets one of its own", flag)};
  }
  for (const std::string& word : command) {
    if (std::ranges::any_of(word, [](unsigned char c) { return c < 0x20; })) {
      return Error{ErrorCode::kUsage,
                   "a word of the command has a control character, which a "
                   "job cannot hold"};
    }
  }
  return Ok{};
}

std::string SlurmScript(uint32_t count,
                        const std::vector<std::string>& command) {
  return fmt::format(
      "#!/bin/sh\n"
      "# After the last task: powercut merge shard*.json\n"
      "#SBATCH --job-name=powercut\n"
      "#SBATCH --array=1-{}\n"
      "#SBATCH --requeue\n"
      "#SBATCH --output=shard%a.log\n"
      "{}",
      count,
      ShardLines(command, count, "$SLURM_ARRAY_TASK_ID",
                 " --jobs \"${SLURM_CPUS_ON_NODE:-1}\"", ""));
}

std::string KubernetesJob(uint32_t count,
                          const std::vector<std::string>& command,
                          const std::string& image, const std::string& claim) {
  const std::string lines = ShardLines(
      command, count, "$((JOB_COMPLETION_INDEX + 1))", "", "/reports/");
  return fmt::format(
      "# After the last pod, where the volume is: powercut merge shard*.json\n"
      "apiVersion: batch/v1\n"
      "kind: Job\n"
      "metadata:\n"
      "  name: powercut\n"
      "spec:\n"
      "  completionMode: Indexed\n"
      "  completions: {0}\n"
      "  parallelism: {0}\n"
      "  template:\n"
      "    spec:\n"
      "      restartPolicy: OnFailure\n"
      "      containers:\n"
      "        - name: shard\n"
      "          image: {1}\n"
      "          command:\n"
      "            - sh\n"
      "            - -c\n"
      "            - |\n"
      "{2}"
      "          volumeMounts:\n"
      "            - name: reports\n"
      "              mountPath: /reports\n"
      "      volumes:\n"
      "        - name: reports\n"
      "          persistentVolumeClaim:\n"
      "            claimName: {3}\n",
      count, Scalar(image), Indented(lines, "              "), Scalar(claim));
}

}  // namespace powercut
