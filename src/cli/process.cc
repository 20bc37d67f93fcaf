#include "cli/process.h"

#include <csignal>
#include <cstring>
#include <thread>

#include "base/log.h"
#include "base/sd_notify.h"

namespace nanika::cli {

using base::Result;
using base::log::Key;

namespace {

sigset_t ending_signals() {
  sigset_t out;
  sigemptyset(&out);
  sigaddset(&out, SIGTERM);
  sigaddset(&out, SIGINT);
  return out;
}

}  // namespace

void block_signals() {
  // All threads inherit the mask, so only sigwait() sees these.
  const sigset_t ends = ending_signals();
  pthread_sigmask(SIG_BLOCK, &ends, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
}

void say_ready(const std::string& what, const std::string& where) {
  base::log::info(what, "ready", {{Key::kAddress, where}});
  (void)base::sd_notify("READY=1");
}

Result<void> run_until_signal(const std::function<Result<void>(std::stop_token)>& work) {
  Result<void> result;
  const pthread_t waiter = pthread_self();
  std::jthread worker([&](std::stop_token stop) {
    result = work(std::move(stop));
    pthread_kill(waiter, SIGTERM);  // ends the wait below when the work ends by itself
  });
  const sigset_t ends = ending_signals();
  int signal = 0;
  sigwait(&ends, &signal);
  (void)base::sd_notify("STOPPING=1");
  worker.request_stop();
  worker.join();
  return result;
}

}  // namespace nanika::cli
