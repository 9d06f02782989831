// Forecasts a series with the library that vitgen generates from model.safetensors:
//
//   forecast WEIGHTS HISTORY.csv [FUTURE.csv]
//
// Writes forecast.csv, the hours after HISTORY, and forecast.svg, a plot of them. FUTURE is what
// came then: its first hours are drawn beside the forecast, and forecasts that begin at every hour
// of it are compared with it, and with naive ones.
#include <cmath>
#include <cstdio>
#include <exception>
#include <memory>
#include <stdexcept>
#include <string>

#include "loads.h"
#include "plot.h"
#include "table.h"

namespace {

constexpr std::size_t kLength = LOADS_INPUT_DIM_0;
constexpr std::size_t kVariables = LOADS_INPUT_DIM_1;
constexpr std::size_t kHorizon = LOADS_OUTPUT_FORECAST_DIM_0;
constexpr std::size_t kDay = 24, kWeek = 7 * kDay;

struct Closer {
  void operator()(loads_model* model) const { loads_close(model); }
  void operator()(loads_context* context) const { loads_context_destroy(context); }
};

/// The library with its weights; one thread at a time may ask it.
class Model {
 public:
  explicit Model(const char* weights) {
    char why[256] = "";
    loads_options options = {};
    options.struct_size = sizeof options;
    options.error_text = why;
    options.error_text_bytes = sizeof why;
    loads_model* model = nullptr;
    int code = loads_open(weights, &options, &model);
    model_.reset(model);
    loads_context* context = nullptr;
    if (code == LOADS_OK) code = loads_context_create(model, nullptr, &context);
    context_.reset(context);
    if (code != LOADS_OK)
      throw std::runtime_error(loads_status_text(code) + (": " + std::string(why)));
  }

  /// From the kLength hours at `past` to the kHorizon hours that follow.
  void run(const float* past, float* forecast) const {
    if (loads_run(context_.get(), 1, past, forecast) != LOADS_OK) {
      throw std::runtime_error(loads_error(context_.get()));
    }
  }

 private:
  std::unique_ptr<loads_model, Closer> model_;
  std::unique_ptr<loads_context, Closer> context_;
};

/// Sums of errors over forecasts.
struct Errors {
  double absolute = 0, squared = 0, count = 0;

  void add(float forecast, float truth) {
    const double difference = static_cast<double>(forecast) - static_cast<double>(truth);
    absolute += std::abs(difference);
    squared += difference * difference;
    count += 1;
  }
  void print(const char* name) const {
    std::printf("%-27s %7.3f %7.3f\n", name, absolute / count, squared / count);
  }
};

/// What was `period` hours ago comes again; with 1 the last value stays.
Errors naive_errors(const Table& series, std::size_t first, std::size_t period) {
  Errors errors;
  for (std::size_t begin = first; begin + kHorizon <= series.rows(); ++begin) {
    for (std::size_t hour = 0; hour < kHorizon; ++hour) {
      for (std::size_t v = 0; v < kVariables; ++v) {
        errors.add(series.at(begin - period + hour % period, v), series.at(begin + hour, v));
      }
    }
  }
  return errors;
}

Errors model_errors(const Model& model, const Table& series, std::size_t first) {
  Errors errors;
  std::vector<float> forecast(kHorizon * kVariables);
  for (std::size_t begin = first; begin + kHorizon <= series.rows(); ++begin) {
    model.run(&series.values[(begin - kLength) * kVariables], forecast.data());
    const float* truth = &series.values[begin * kVariables];
    for (std::size_t i = 0; i < forecast.size(); ++i) errors.add(forecast[i], truth[i]);
  }
  return errors;
}

/// Forecasts that begin at every hour of `future`, as long as all their hours lie in it.
void compare(const Model& model, const Table& history, const Table& future) {
  Table series = history;
  series.values.insert(series.values.end(), future.values.begin(), future.values.end());
  const std::size_t first = history.rows();
  std::printf("%zu forecasts of %zu hours    MAE     MSE\n", future.rows() - kHorizon + 1,
              kHorizon);
  model_errors(model, series, first).print("PatchMixer");
  naive_errors(series, first, kWeek).print("same hour last week");
  naive_errors(series, first, kDay).print("same hour yesterday");
  naive_errors(series, first, 1).print("last value");
}

Table read_series(const std::string& path, std::size_t least_hours) {
  Table table = read_table(path);
  if (table.names.size() != kVariables || table.rows() < least_hours) {
    throw std::runtime_error(path + ": " + std::to_string(kVariables) + " variables and at least " +
                             std::to_string(least_hours) + " hours are needed");
  }
  return table;
}

void forecast_files(const char* weights, const char* history_path, const char* future_path) {
  const Model model(weights);
  const Table history = read_series(history_path, kLength);
  Table future{.names = history.names, .values = {}};
  if (future_path) future = read_series(future_path, kHorizon);

  Table forecast{.names = history.names, .values = std::vector<float>(kHorizon * kVariables)};
  model.run(&history.values[(history.rows() - kLength) * kVariables], forecast.values.data());
  write_table("forecast.csv", forecast);
  if (future_path) compare(model, history, future);
  if (future_path) future.values.resize(kHorizon * kVariables);
  write_plot("forecast.svg", history, forecast, future);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3 || argc > 4) {
    std::fprintf(stderr, "usage: forecast WEIGHTS HISTORY.csv [FUTURE.csv]\n");
    return 2;
  }
  try {
    forecast_files(argv[1], argv[2], argc == 4 ? argv[3] : nullptr);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "error: %s\n", error.what());
    return 1;
  }
  return 0;
}
