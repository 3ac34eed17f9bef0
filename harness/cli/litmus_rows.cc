#include "harness/cli/litmus_rows.h"

#include <fmt/format.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <map>
#include <memory>
#include <utility>

#include <nlohmann/json.hpp>

#include "backends/registry.h"
#include "harness/cli/progress_line.h"
#include "harness/report.h"

namespace powercut {
namespace {

using Json = nlohmann::ordered_json;

Json OfRow(const LitmusRow& row) {
  if (row.error) {
    return {{"code", static_cast<int>(row.error->code)},
            {"message", row.error->message}};
  }
  Json outcomes = Json::array();
  for (const LitmusOutcome& o : row.run.outcomes) {
    outcomes.push_back({o.text, o.allow, o.line, o.applies, o.observed});
  }
  const LitmusRun& run = row.run;
  return {{"backend", run.backend}, {"profile", run.profile},
          {"verdict", run.verdict}, {"reason", run.reason},
          {"states", run.states},   {"at_cut", run.at_cut},
          {"other", run.other},     {"runs", run.runs},
          {"outcomes", outcomes},   {"failures", row.failures}};
}

LitmusRow RowOf(const Json& json) {
  LitmusRow row;
  if (json.contains("code")) {
    row.error =
        Error{static_cast<ErrorCode>(json["code"].get<int>()), json["message"]};
    return row;
  }
  LitmusRun& run = row.run;
  run.backend = json["backend"];
  run.profile = json["profile"];
  run.verdict = json["verdict"].get<LitmusRun::Verdict>();
  run.reason = json["reason"];
  run.states = json["states"];
  run.at_cut = json["at_cut"];
  run.other = json["other"];
  run.runs = json["runs"];
  for (const Json& o : json["outcomes"]) {
    run.outcomes.push_back({o[0], o[1], o[2], o[3], o[4]});
  }
  row.failures = json["failures"];
  return row;
}

// Runs tasks one after the other, and keeps the backends it made.
class Runner {
 public:
  LitmusRow Run(const LitmusTask& task) {
    auto run = TryRun(task);
    LitmusRow row;
    if (!run) {
      row.error = run.error();
      return row;
    }
    row.run = std::move(*run);
    const std::string flags =
        fmt::format(" --backend {} --profile {}", task.backend, task.profile);
    for (const Finding& finding : row.run.findings) {
      row.failures += FailureBlock(finding, task.workload->file, flags);
    }
    row.run.findings.clear();
    return row;
  }

 private:
  Result<LitmusRun> TryRun(const LitmusTask& task) {
    if (task.backend == kModelBackend) {
      const Profile& profile = *FindProfile(task.profile);
      return RunLitmusOnModel(*task.workload, profile, PromisesOf(profile));
    }
    std::unique_ptr<Backend>& backend = backends_[task.backend];
    if (backend == nullptr) {
      POWERCUT_ASSIGN(backend, MakeBackend(task.backend));
    }
    LitmusOptions options;
    // Storage of our own needs no process around it.
    options.jobs = ShowsAllThatIsAllowed(task.backend) ? 0 : 1;
    options.interrupted = Interrupted;
    options.atomic_bytes = task.atomic_bytes;
    return RunLitmus(*backend, *task.workload, task.profile, options);
  }

  std::map<std::string, std::unique_ptr<Backend>> backends_;
};

// One process and the file that its rows come through, a line each.
struct Worker {
  pid_t pid = 0;
  int fd = -1;
  int status = 0;
};

// Every `step`th task from `first` on.
void WorkInChild(const std::vector<LitmusTask>& tasks, size_t first,
                 size_t step, int fd) {
  std::FILE* out = fdopen(fd, "we");
  if (out == nullptr) _exit(1);
  Runner runner;
  for (size_t i = first; i < tasks.size() && !Interrupted(); i += step) {
    const LitmusRow row = runner.Run(tasks[i]);
    if (Interrupted()) break;  // half of it
    const std::string line =
        OfRow(row).dump(-1, ' ', true, Json::error_handler_t::replace) + "\n";
    if (std::fputs(line.c_str(), out) < 0 || std::fflush(out) != 0) _exit(1);
  }
  _exit(0);
}

std::string ReadAll(int fd) {
  std::string text;
  std::array<char, 1 << 16> piece;
  lseek(fd, 0, SEEK_SET);
  for (;;) {
    const ssize_t got = read(fd, piece.data(), piece.size());
    if (got <= 0) return text;
    text.append(piece.data(), static_cast<size_t>(got));
  }
}

void WaitFor(const std::vector<Worker>& workers, Worker& worker) {
  while (waitpid(worker.pid, &worker.status, 0) < 0) {
    if (!Interrupted()) continue;
    for (const Worker& one : workers) kill(one.pid, SIGINT);
  }
}

std::string HowItEnded(int status) {
  if (WIFSIGNALED(status)) return fmt::format("signal {}", WTERMSIG(status));
  return fmt::format("exit status {}", WEXITSTATUS(status));
}

LitmusRow RowOfDeath(const LitmusTask& task, int status, bool at_it) {
  LitmusRow row;
  row.error = Error{
      ErrorCode::kInternal,
      fmt::format("{}: {} under {} {} ({})", task.workload->file, task.backend,
                  task.profile,
                  at_it ? "ended the process that ran it"
                        : "was not run: the process ended at an earlier test",
                  HowItEnded(status))};
  return row;
}

}  // namespace

std::vector<std::optional<LitmusRow>> RunLitmusTasks(
    const std::vector<LitmusTask>& tasks, uint32_t jobs) {
  std::vector<std::optional<LitmusRow>> rows(tasks.size());
  const size_t count = std::min<size_t>(jobs, tasks.size());
  std::vector<Worker> workers(count);
  for (size_t w = 0; w < count; ++w) {
    workers[w].fd = memfd_create("powercut-litmus", MFD_CLOEXEC);
    CHECK(workers[w].fd >= 0);
    std::fflush(nullptr);
    workers[w].pid = fork();
    CHECK(workers[w].pid >= 0);
    if (workers[w].pid > 0) continue;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    WorkInChild(tasks, w, count, workers[w].fd);
  }
  for (size_t w = 0; w < count; ++w) {
    WaitFor(workers, workers[w]);
    const std::string text = ReadAll(workers[w].fd);
    close(workers[w].fd);
    size_t task = w;
    for (size_t at = 0; at < text.size(); task += count) {
      const size_t end = text.find('\n', at);
      if (end == std::string::npos) break;  // it died while writing
      rows[task] = RowOf(Json::parse(text.substr(at, end - at)));
      at = end + 1;
    }
    if (workers[w].status == 0) continue;
    for (size_t first = task; task < tasks.size(); task += count) {
      rows[task] = RowOfDeath(tasks[task], workers[w].status, task == first);
    }
  }
  return rows;
}

}  // namespace powercut
