// What is known of an address in the code of this process: the function, and
// what finds the line of the source.

#ifndef POWERCUT_LIBRARY_CALLS_CALL_ADDRESS_H_
#define POWERCUT_LIBRARY_CALLS_CALL_ADDRESS_H_

#include <cstdint>
#include <string>

namespace powercut {

struct AddressPlace {
  // The program or the shared library that the code lies in; empty if it lies
  // in none.
  std::string module;
  // The address as addr2line and other tools take it: in the module, before it
  // was moved to where it was loaded.
  uint64_t in_module = 0;
  // The function, as C++ writes it; empty if the module does not say.
  std::string function;
  uint64_t in_function = 0;
};

// Where the call was made that returns to `return_address`: the byte before
// that. Functions that a module does not export are found in its symbol table,
// unless it was stripped. Reads the module's file: O(symbols).
AddressPlace PlaceOfCall(const void* return_address);

}  // namespace powercut

#endif  // POWERCUT_LIBRARY_CALLS_CALL_ADDRESS_H_
