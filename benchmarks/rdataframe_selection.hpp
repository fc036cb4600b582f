// The work of reco.yaml for RDataFrame, in C++ as a user would declare it. Units MeV and rad.
#include <algorithm>
#include <cmath>
#include <vector>

#include <ROOT/RVec.hxx>

namespace work {

using Floats = ROOT::RVecF;
using Flags = ROOT::RVec<char>;

std::vector<double> pt_edges, eta_edges;
std::vector<std::vector<double>> tables;  // of each systematic, a shift for each bin

// What a variation of the jets changes.
struct Outcome {
  Floats pt, e;
  Flags baseline, jet_or, el_or;
  bool ejets, mujets;
};

Floats energy(const Floats& pt, const Floats& eta, const Floats& m) {
  Floats e(pt.size());
  for (size_t i = 0; i < pt.size(); ++i) {
    const double p = pt[i] * std::cosh(double(eta[i]));
    e[i] = std::sqrt(p * p + double(m[i]) * m[i]);
  }
  return e;
}

std::vector<double> rapidity(const Floats& pt, const Floats& eta, const Floats& m) {
  std::vector<double> y(pt.size());
  for (size_t i = 0; i < pt.size(); ++i)
    y[i] = std::asinh(pt[i] * std::sinh(double(eta[i])) / std::sqrt(double(pt[i]) * pt[i] + double(m[i]) * m[i]));
  return y;
}

bool is_near(double y, float phi, double other_y, float other_phi, float radius) {
  double dphi = std::abs(double(phi) - other_phi);
  if (dphi > M_PI) dphi = 2 * M_PI - dphi;
  return (y - other_y) * (y - other_y) + dphi * dphi <= double(radius) * radius;
}

size_t bin(const std::vector<double>& edges, double x) {
  const long place = std::upper_bound(edges.begin(), edges.end(), x) - edges.begin() - 1;
  return std::clamp<long>(place, 0, edges.size() - 2);
}

// Nominal, then each systematic up and down.
std::vector<Outcome> outcomes(const Floats& el_eta, const Floats& el_phi, const Floats& el_pt, const Floats& el_m,
                              const Flags& el_tight, const Flags& mu_tight, const Floats& pt, const Floats& eta,
                              const Floats& phi, const Floats& m, const Floats& detector_eta,
                              const Flags& jvt) {
  const auto el_y = rapidity(el_pt, el_eta, el_m), y = rapidity(pt, eta, m);
  const size_t n = pt.size();
  std::vector<size_t> bins(n);
  for (size_t i = 0; i < n; ++i) bins[i] = bin(pt_edges, pt[i]) * (eta_edges.size() - 1) + bin(eta_edges, eta[i]);
  const bool mujets = Sum(mu_tight) >= 1;
  std::vector<Outcome> result(1 + 2 * tables.size());
  for (size_t v = 0; v < result.size(); ++v) {
    Outcome& o = result[v];
    o = {pt, m, Flags(n), Flags(n), el_tight, false, false};
    Floats& mass = o.e;
    for (size_t i = 0; v > 0 && i < n; ++i) {
      const float factor = 1 + float((v % 2 ? 1 : -1) * tables[(v - 1) / 2][bins[i]]);
      o.pt[i] *= factor;
      mass[i] *= factor;
    }
    o.e = energy(o.pt, eta, mass);
    for (size_t i = 0; i < n; ++i) {
      const bool can_fail = o.pt[i] >= 20e3f && o.pt[i] <= 60e3f && std::abs(detector_eta[i]) <= 2.5f;
      o.baseline[i] = (!can_fail || jvt[i]) && o.pt[i] >= 32e3f && std::abs(eta[i]) <= 2.5f;
      o.jet_or[i] = o.baseline[i];
      for (size_t k = 0; o.jet_or[i] && k < el_tight.size(); ++k)
        if (el_tight[k] && is_near(y[i], phi[i], el_y[k], el_phi[k], 0.2f)) o.jet_or[i] = 0;
    }
    for (size_t k = 0; k < el_tight.size(); ++k)
      for (size_t i = 0; o.el_or[k] && i < n; ++i)
        if (o.jet_or[i] && is_near(el_y[k], el_phi[k], y[i], phi[i], 0.4f)) o.el_or[k] = 0;
    const bool two_jets = Sum(o.jet_or) >= 2;
    o.ejets = two_jets && Sum(o.el_or) >= 1;
    o.mujets = two_jets && mujets;
  }
  return result;
}

bool keeps(const std::vector<Outcome>& outcomes) {
  return std::any_of(outcomes.begin(), outcomes.end(), [](const Outcome& o) { return o.ejets || o.mujets; });
}

Flags kept_jets(const std::vector<Outcome>& outcomes) {
  Flags kept = outcomes[0].baseline;
  for (const Outcome& o : outcomes) kept = kept || o.baseline;
  return kept;
}

}  // namespace work
