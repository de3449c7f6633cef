// Serves the operations of a submission to tests in another sandbox.
//
//   driver::Operations operations;
//   operations.add("add", [](int a, int b) { return add(a, b); });
//   operations.serve();
//
// Arguments and results are JSON. An exception of an operation is an error that the tests get.
#pragma once

#include <cxxabi.h>
#include <unistd.h>

#include <functional>
#include <memory>
#include <typeinfo>

#include "json.hpp"

namespace driver {

using assay::Json;
using assay::Value;

class Operations {
 public:
  template <typename F>
  void add(const std::string& name, F operation) {
    operations_[name] = [operation](const Value& given) mutable { return call(operation, &F::operator(), given); };
  }

  // Answers requests until there are no more. The channel is at descriptors 3 and 4, so what the submission prints does
  // not disturb it.
  void serve() {
    std::unique_ptr<FILE, int (*)(FILE*)> requests(fdopen(3, "r"), fclose);
    char* line = nullptr;
    size_t size = 0;
    while (requests && getline(&line, &size, requests.get()) > 0) {
      if (!send(answer(assay::parse(line)).dump() + "\n")) break;
    }
    free(line);
  }

 private:
  std::map<std::string, std::function<Value(const Value&)>> operations_;

  template <typename F, typename R, typename... A>
  static Value call(F& operation, R (F::*)(A...) const, const Value& given) {
    return apply<R, A...>(operation, given);
  }

  template <typename F, typename R, typename... A>
  static Value call(F& operation, R (F::*)(A...), const Value& given) {
    return apply<R, A...>(operation, given);
  }

  template <typename R, typename... A, typename F>
  static Value apply(F& operation, const Value& given) {
    auto arguments = assay::from_json<std::tuple<std::decay_t<A>...>>(given);
    if constexpr (std::is_void_v<R>) {
      std::apply(operation, std::move(arguments));
      return Value();
    } else {
      return assay::to_json<std::decay_t<R>>(std::apply(operation, std::move(arguments)));
    }
  }

  Value answer(const Value& request) {
    Value reply;
    reply.kind = Value::Kind::object;
    reply.members["id"] = request["id"];
    try {
      auto found = operations_.find(request["op"].text);
      if (found == operations_.end()) throw assay::Malformed("the driver has no operation " + request["op"].text);
      reply.members["value"] = found->second(request["args"]);
    } catch (const std::exception& error) {
      reply.members["error"] = failure(type_name(error), error.what());
    } catch (...) {
      reply.members["error"] = failure("unknown", "something else than a std::exception");
    }
    return reply;
  }

  static Value failure(const std::string& kind, const std::string& message) {
    return assay::to_json(std::map<std::string, std::string>{{"kind", kind}, {"message", message}});
  }

  // Without its namespace.
  static std::string type_name(const std::exception& error) {
    int status = 0;
    std::unique_ptr<char, void (*)(void*)> name(abi::__cxa_demangle(typeid(error).name(), nullptr, nullptr, &status), free);
    std::string found = name ? name.get() : typeid(error).name();
    size_t colon = found.rfind(':');
    return colon == std::string::npos ? found : found.substr(colon + 1);
  }

  static bool send(const std::string& reply) {
    size_t sent = 0;
    while (sent < reply.size()) {
      ssize_t count = write(4, reply.data() + sent, reply.size() - sent);
      if (count <= 0) return false;
      sent += static_cast<size_t>(count);
    }
    return true;
  }
};

// Keeps what operations create, so that later requests can name it by number.
template <typename T>
class Objects {
 public:
  int add(std::unique_ptr<T> object) {
    objects_.push_back(std::move(object));
    return static_cast<int>(objects_.size());
  }

  T& get(int number) {
    if (number < 1 || static_cast<size_t>(number) > objects_.size()) {
      throw std::out_of_range("there is no object " + std::to_string(number));
    }
    return *objects_[static_cast<size_t>(number) - 1];
  }

 private:
  std::vector<std::unique_ptr<T>> objects_;
};

}  // namespace driver
