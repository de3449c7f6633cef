// Calls the operations of a task's driver, which runs the submission in another sandbox.
//
//   auto size = candidate::call<int>("size", cache);
#pragma once

#include <unistd.h>

#include "json.hpp"

namespace candidate {

// An error of the submission. `kind` is the name of its type.
struct Error : std::runtime_error {
  std::string kind;
  Error(std::string kind, const std::string& message) : std::runtime_error(message), kind(std::move(kind)) {}
};

// The candidate ended, did not answer or returned a value of another type. The test fails, even if it catches this, which
// is no std::exception so that no test takes it for an expected error.
struct Failure {
  std::string message;
};

inline std::string exchange(const std::string& request) {
  static const int descriptor = [] {
    const char* text = std::getenv("ASSAY_CANDIDATE_FD");
    if (text == nullptr) throw Failure{"ASSAY_CANDIDATE_FD names no descriptor"};
    return std::atoi(text);
  }();
  for (size_t sent = 0; sent < request.size();) {
    ssize_t count = write(descriptor, request.data() + sent, request.size() - sent);
    if (count <= 0) throw Failure{"the bridge is closed"};
    sent += static_cast<size_t>(count);
  }
  std::string reply;
  char received[65536];
  while (reply.empty() || reply.back() != '\n') {
    ssize_t count = read(descriptor, received, sizeof received);
    if (count <= 0) throw Failure{"the bridge is closed"};
    reply.append(received, static_cast<size_t>(count));
  }
  return reply;
}

// Performs an operation. Throws Error if the submission reports one.
template <typename R = assay::Value, typename... A>
R call(const std::string& operation, const A&... given) {
  assay::Value arguments;
  arguments.kind = assay::Value::Kind::array;
  (arguments.items.push_back(assay::to_json(given)), ...);
  std::string name = assay::to_json(operation).dump();
  assay::Value reply = assay::parse(exchange("{\"op\":" + name + ",\"args\":" + arguments.dump() + "}\n"));
  if (reply["died"].kind == assay::Value::Kind::string) throw Failure{reply["died"].text};
  const assay::Value& error = reply["error"];
  if (error.kind == assay::Value::Kind::object) throw Error(error["kind"].text, error["message"].text);
  try {
    return assay::from_json<R>(reply["value"]);
  } catch (const assay::Malformed& problem) {
    throw Failure{operation + " returned " + problem.what()};
  }
}

}  // namespace candidate
