// A message on a stream socket is its size, 8 bytes in the machine's order, and
// then its bytes. A stream, since the kernel bounds the size of a datagram and
// messages have any size.

#include "harness/system/message_socket.h"

#include <fmt/format.h>
#include <string.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstdint>

#include "harness/base/shortage.h"

namespace powercut {
namespace {

bool SendAll(int socket, const char* bytes, size_t size) {
  while (size > 0) {
    // A closed other end is a return value here, not a SIGPIPE.
    const ssize_t sent = send(socket, bytes, size, MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    if (sent <= 0) return false;
    bytes += sent;
    size -= static_cast<size_t>(sent);
  }
  return true;
}

bool ReceiveAll(int socket, char* bytes, size_t size) {
  while (size > 0) {
    const ssize_t received = recv(socket, bytes, size, 0);
    if (received < 0 && errno == EINTR) continue;
    if (received <= 0) return false;
    bytes += received;
    size -= static_cast<size_t>(received);
  }
  return true;
}

}  // namespace

std::pair<int, int> MessageSocketPair() {
  int sockets[2];
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sockets) != 0) {
    throw Shortage(fmt::format("no socket can be made: {}{}",
                               strerrordesc_np(errno),
                               RemedyForShortage(errno)));
  }
  return {sockets[0], sockets[1]};
}

bool SendMessage(int socket, std::string_view message) {
  const uint64_t size = message.size();
  return SendAll(socket, reinterpret_cast<const char*>(&size), sizeof(size)) &&
         SendAll(socket, message.data(), message.size());
}

bool ReceiveMessage(int socket, std::string& message) {
  uint64_t size = 0;
  if (!ReceiveAll(socket, reinterpret_cast<char*>(&size), sizeof(size))) {
    return false;
  }
  message.resize(size);
  return ReceiveAll(socket, message.data(), size);
}

}  // namespace powercut
