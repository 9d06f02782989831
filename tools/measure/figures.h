#pragma once
// Figures as text.

#include <string>

namespace vitgen {

/// `value` with so many decimals.
std::string fixed(double value, int decimals);

/// Decimals that give `value` four digits: 1.234, 12.34, 123.4, 1234; at most six.
int decimals_for(double value);

/// `value` with four digits.
std::string figure(double value);

/// "74.20 GF/s"; from 10000 GF/s on "14.20 TF/s".
std::string rate_text(double gflops);

}  // namespace vitgen
