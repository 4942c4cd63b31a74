#pragma once

#include <cstddef>
#include <optional>
#include <thread>
#include <vector>

#include "app/work_queue.hpp"

namespace wxpay::app {

/// The threads that work on a pipeline's items. They end when this is let go.
class PipelineWorkers {
 public:
  /// All of it must outlive the workers.
  PipelineWorkers(std::size_t count, WorkQueue& queue, const std::optional<RequestResources>& resources,
                  const Stop& stop);
  PipelineWorkers(const PipelineWorkers&) = delete;
  PipelineWorkers& operator=(const PipelineWorkers&) = delete;
  PipelineWorkers(PipelineWorkers&&) = delete;
  PipelineWorkers& operator=(PipelineWorkers&&) = delete;
  ~PipelineWorkers();

 private:
  void work(std::size_t worker);
  void carry(std::size_t worker, std::size_t slots);

  WorkQueue& queue_;
  const std::optional<RequestResources>& resources_;
  const Stop& stop_;
  std::vector<std::thread> threads_;
};

}  // namespace wxpay::app
