#include "kube/controller.h"

#include "base/log.h"

namespace nanika::kube {

namespace log = base::log;

namespace {

constexpr Duration kLongestRetry = std::chrono::seconds(1000);

// What stays wrong until somebody changes something, most likely the object, which queues it.
bool is_terminal(Code code) {
  return code == Code::kInvalid || code == Code::kUnprocessable || code == Code::kTooLarge ||
         code == Code::kUnsupported;
}

}  // namespace

Controller::Controller(const base::Clock& clock, Reconciler& reconciler, ControllerOptions options,
                       Metrics& metrics)
    : clock_(clock),
      reconciler_(reconciler),
      options_(std::move(options)),
      metrics_(metrics, options_.name),
      queue_(clock, {.name = options_.name, .max_delay = kLongestRetry}, &metrics) {}

void Controller::start(Crew& crew) {
  metrics_.max_concurrent.set(options_.workers);
  for (int i = 0; i < options_.workers; ++i)
    crew.start(options_.name, [this](std::stop_token stop) { work(std::move(stop)); });
}

void Controller::work(std::stop_token stop) {
  while (auto key = queue_.get(stop)) {
    metrics_.active_workers.add(1);
    process(*key, stop);
    metrics_.active_workers.add(-1);
    queue_.done(*key);
  }
}

void Controller::process(const Key& key, std::stop_token stop) {
  MonoTime start = clock_.mono();
  Context ctx = Context{.clock = &clock_, .stop = stop}.within(options_.timeout);
  Result<Outcome> outcome = guarded(key, ctx);
  metrics_.time.observe(std::chrono::duration<double>(clock_.mono() - start).count());
  if (!outcome && stop.stop_requested()) {
    queue_.add(key);  // cut short: for whoever leads next in this process
  } else if (!outcome) {
    failed(key, outcome.error());
  } else {
    queue_.forget(key);
    if (outcome->requeue_after) queue_.add_after(key, *outcome->requeue_after);
    (outcome->requeue_after ? metrics_.requeue_after : metrics_.success).add();
  }
}

Result<Outcome> Controller::guarded(const Key& key, const Context& ctx) {
  try {
    return reconciler_.reconcile(key, ctx);
  } catch (const std::exception& e) {
    metrics_.panics.add();
    return fail(Code::kInternal, "exception: {}", e.what());
  } catch (...) {
    metrics_.panics.add();
    return fail(Code::kInternal, "exception of unknown type");
  }
}

void Controller::failed(const Key& key, const Error& error) {
  metrics_.errors.add();
  metrics_.error.add();
  log::Fields fields{{log::Key::kController, options_.name},
                     {log::Key::kObject, key.str()},
                     {log::Key::kReason, base::info(error.code).name},
                     {log::Key::kError, error}};
  if (is_terminal(error.code)) {
    metrics_.terminal_errors.add();
    log::error("kube", "reconcile failed, and will until something changes", fields);
    queue_.forget(key);
    queue_.add_after(key, kLongestRetry);
    return;
  }
  // A conflict is how writers meet: our view was old, and the next try has a new one.
  if (error.code == Code::kConflict) {
    log::debug("kube", "reconcile is tried again", fields);
  } else {
    log::error("kube", "reconcile failed; it is tried again", fields);
  }
  queue_.add_rate_limited(key);
}

}  // namespace nanika::kube
