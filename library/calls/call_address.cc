// Asks the dynamic linker which module the address lies in, and reads the
// symbol table of the module's file. dladdr() itself knows exported functions
// only, and a program exports none.

#include "library/calls/call_address.h"

#include <cxxabi.h>
#include <dlfcn.h>
#include <elf.h>
#include <fcntl.h>
#include <link.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <span>
#include <string_view>
#include <system_error>

namespace powercut {
namespace {

// The bytes of a file, mapped for as long as this object lives; none if the
// file cannot be read.
class MappedFile {
 public:
  explicit MappedFile(const std::string& path) {
    const int file = open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (file < 0) return;
    struct stat facts{};
    if (fstat(file, &facts) == 0 && facts.st_size > 0) {
      const auto size = static_cast<size_t>(facts.st_size);
      void* const mapped = mmap(nullptr, size, PROT_READ, MAP_PRIVATE, file, 0);
      if (mapped != MAP_FAILED) {
        bytes_ = {static_cast<const char*>(mapped), size};
      }
    }
    close(file);
  }
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;
  ~MappedFile() {
    if (!bytes_.empty()) {
      munmap(const_cast<char*>(bytes_.data()), bytes_.size());
    }
  }

  std::span<const char> bytes() const { return bytes_; }
  // Copies `value` from an offset. Returns false if the file is too short.
  template <class Value>
  bool Get(uint64_t offset, Value& value) const {
    if (offset > bytes_.size() || bytes_.size() - offset < sizeof(Value)) {
      return false;
    }
    std::memcpy(&value, bytes_.data() + offset, sizeof(Value));
    return true;
  }
  // The text at an offset, up to its zero byte.
  std::string_view Text(uint64_t offset) const {
    if (offset >= bytes_.size()) return {};
    const char* const text = bytes_.data() + offset;
    return {text, strnlen(text, bytes_.size() - offset)};
  }

 private:
  std::span<const char> bytes_;
};

// The function in a symbol table that an address of the module lies in.
bool FindFunction(const MappedFile& file, const Elf64_Shdr& table,
                  uint64_t names_at, AddressPlace& place) {
  Elf64_Sym symbol{};
  for (uint64_t at = 0; at + sizeof(symbol) <= table.sh_size;
       at += sizeof(symbol)) {
    if (!file.Get(table.sh_offset + at, symbol)) return false;
    const bool covers = ELF64_ST_TYPE(symbol.st_info) == STT_FUNC &&
                        symbol.st_value <= place.in_module &&
                        place.in_module - symbol.st_value < symbol.st_size;
    if (!covers) continue;
    place.function = file.Text(names_at + symbol.st_name);
    place.in_function = place.in_module - symbol.st_value;
    return !place.function.empty();
  }
  return false;
}

void FindFunction(AddressPlace& place) {
  const MappedFile file(place.module);
  Elf64_Ehdr header{};
  if (!file.Get(0, header) ||
      std::memcmp(header.e_ident, ELFMAG, SELFMAG) != 0 ||
      header.e_ident[EI_CLASS] != ELFCLASS64) {
    return;
  }
  for (const uint32_t wanted : {SHT_SYMTAB, SHT_DYNSYM}) {
    for (uint32_t i = 0; i < header.e_shnum; ++i) {
      const auto section_at = [&](uint64_t number) {
        return header.e_shoff + number * header.e_shentsize;
      };
      Elf64_Shdr table{};
      Elf64_Shdr names{};
      if (!file.Get(section_at(i), table) || table.sh_type != wanted ||
          !file.Get(section_at(table.sh_link), names)) {
        continue;
      }
      if (FindFunction(file, table, names.sh_offset, place)) return;
    }
  }
}

std::string Demangled(const std::string& name) {
  int status = 0;
  char* const text =
      abi::__cxa_demangle(name.c_str(), nullptr, nullptr, &status);
  if (text == nullptr) return name;
  std::string demangled = text;
  std::free(text);
  return demangled;
}

}  // namespace

AddressPlace PlaceOfCall(const void* return_address) {
  AddressPlace place;
  const auto call = reinterpret_cast<uintptr_t>(return_address) - 1;
  place.in_module = call;
  Dl_info info{};
  link_map* module = nullptr;
  if (dladdr1(reinterpret_cast<const void*>(call), &info,
              reinterpret_cast<void**>(&module), RTLD_DL_LINKMAP) == 0 ||
      module == nullptr) {
    return place;
  }
  place.in_module = call - module->l_addr;
  // The program itself has no name there.
  std::error_code error;
  place.module =
      module->l_name[0] != '\0'
          ? module->l_name
          : std::filesystem::read_symlink("/proc/self/exe", error).string();
  FindFunction(place);
  place.function = Demangled(place.function);
  return place;
}

}  // namespace powercut
