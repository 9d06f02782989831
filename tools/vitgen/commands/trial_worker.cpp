// vitgen trial-worker: runs candidates of `tune` in a process of its own.

#include "tools/tune/trial_worker.h"

#include <iostream>

#include "tools/vitgen/command.h"

namespace vitgen {

void add_trial_worker(CLI::App& app, const Console&);

void add_trial_worker(CLI::App& app, const Console&) {
  struct Arguments {
    std::string task, request;
  };
  auto given = std::make_shared<Arguments>();
  CLI::App* command = app.add_subcommand("trial-worker", "Run candidates of tune (internal)");
  command->group("");  // not in --help
  command->add_option("task", given->task)->required();
  command->add_option("request", given->request)->required();
  command->callback([given] {
    run_trial_worker(parse_trial_task(given->task), given->request, std::cin, std::cout);
  });
}

}  // namespace vitgen
