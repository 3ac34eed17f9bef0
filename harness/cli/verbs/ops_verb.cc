// `powercut ops`: lists the ops of the `.pcut` language, how each is written,
// and which backends offer it.
//
// The rows are the parser's own table (model/words/op.h), and where an op is
// offered is what the traits of the backends say, so that there is no second
// list. Kernel file systems that all offer an op are one word in the text:
//
//   ntfs-3g simfs kernel  truncate PATH SIZE

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cstdio>
#include <memory>
#include <vector>

#include <nlohmann/json.hpp>

#include "backends/registry.h"
#include "harness/cli/terminal/wrapped_text.h"
#include "harness/cli/verbs/verb.h"
#include "model/pcut/op_words.h"

namespace powercut {
namespace {

// This type keeps the keys in the order in which they are added.
using Json = nlohmann::ordered_json;

// Whether an op is made by the harness's own disk, under every backend.
bool IsOfTheDisk(OpKind kind) { return kind == OpKind::kFault; }

bool IsOffered(const BackendOps& backend, OpKind kind) {
  return IsOfTheDisk(kind) || backend.Offers(kind);
}

std::vector<std::string> BackendsOf(const std::vector<BackendOps>& backends,
                                    OpKind kind) {
  std::vector<std::string> names;
  for (const BackendOps& backend : backends) {
    if (IsOffered(backend, kind)) names.push_back(backend.name);
  }
  return names;
}

std::vector<std::string> KernelNames(const std::vector<BackendOps>& backends) {
  std::vector<std::string> names;
  for (const BackendOps& backend : backends) {
    if (backend.kernel) names.push_back(backend.name);
  }
  return names;
}

// Where an op is offered, such as `ntfs-3g simfs kernel`; `none` for nowhere.
std::string WhereText(const std::vector<BackendOps>& backends, OpKind kind) {
  std::string text;
  const auto add = [&text](std::string_view word) {
    text += fmt::format("{}{}", text.empty() ? "" : " ", word);
  };
  std::vector<std::string> kernels;
  for (const BackendOps& backend : backends) {
    if (!IsOffered(backend, kind)) continue;
    if (backend.kernel) {
      kernels.push_back(backend.name);
    } else {
      add(backend.name);
    }
  }
  if (kernels == KernelNames(backends) && !kernels.empty()) {
    kernels = {"kernel"};
  }
  for (const std::string& name : kernels) add(name);
  return text.empty() ? "none" : text;
}

void PrintText(const std::vector<BackendOps>& backends) {
  const std::vector<std::string> kernels = KernelNames(backends);
  const auto line = [](std::string_view where, std::string_view text) {
    std::fputs(WrappedText(fmt::format("{:<26} ", where), text).c_str(),
               stdout);
  };
  line("offered by", "[start N] OP [-> RESULT]");
  for (const OpSignature& row : OpSignatures()) {
    line(WhereText(backends, row.kind), OpSyntaxWithOptions(row));
  }
  std::printf("\n");
  if (!kernels.empty()) {
    line("kernel", fmt::format("any of {}", fmt::join(kernels, ", ")));
  }
  line("none", "in the language and the model only");
  line("start N", "where `wait` is offered");
  line("more", "docs/pcut.md, section 5, says what each op does");
  line("what no op does", "`powercut record` takes a program that does it");
}

void PrintJson(const std::vector<BackendOps>& backends) {
  Json names = Json::array();
  for (const BackendOps& backend : backends) names.push_back(backend.name);
  Json ops = Json::array();
  for (const OpSignature& row : OpSignatures()) {
    ops.push_back({{"name", row.verb},
                   {"syntax", OpSyntaxWithOptions(row)},
                   {"backends", BackendsOf(backends, row.kind)}});
  }
  const Json all = {{"powercut", 1}, {"backends", names}, {"ops", ops}};
  std::printf("%s\n", all.dump().c_str());
}

class OpsVerb : public Verb {
 public:
  OpsVerb()
      : Verb("ops", "list the ops, and which backends offer each",
             "powercut ops") {}

  void DeclareFlags(FlagSet& flags) override {
    flags.Add(FlagGroup::kOutput, "--json", json_, "as data");
  }

  Result<ExitStatus> Run() const override {
    const std::vector<BackendOps> backends = ListBackendOps();
    if (json_) {
      PrintJson(backends);
    } else {
      PrintText(backends);
    }
    return kExitHolds;
  }

 private:
  bool json_ = false;
};

}  // namespace

std::unique_ptr<Verb> MakeOpsVerb() { return std::make_unique<OpsVerb>(); }

}  // namespace powercut
