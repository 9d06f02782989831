#pragma once
// What the tensors of a Transformer in Transformer are called in its file.

#include <string>
#include <string_view>

namespace vitgen {

/// Patterns as in TensorNames, of one of a block's two transformers.
struct TntBlockNames {
  std::string norm1, qk, v, proj;  ///< qk: rows [q | k]
  std::string norm2, fc1, fc2;

  template <class V>
  void visit(V& v_, const std::string& role) {
    v_(role + "norm1", norm1);
    v_(role + "qk", qk);
    v_(role + "v", v);
    v_(role + "proj", proj);
    v_(role + "norm2", norm2);
    v_(role + "fc1", fc1);
    v_(role + "fc2", fc2);
  }
  bool operator==(const TntBlockNames&) const = default;
};

/// From the pixels of a patch to its token: norm2(proj(norm1(pixels))).
struct TntMergeNames {
  std::string norm1, proj, norm2;

  template <class V>
  void visit(V& v, const std::string& role) {
    v(role + "norm1", norm1);
    v(role + "proj", proj);
    v(role + "norm2", norm2);
  }
  bool operator==(const TntMergeNames&) const = default;
};

struct TntNames {
  std::string pixel;           ///< the convolution
  std::string pixel_position;  ///< of the pixels of a patch, the same in all
  std::string cls;
  std::string position;  ///< of the patches, a row for [CLS] first
  TntMergeNames start;   ///< before the first block
  TntMergeNames merge;   ///< of each block
  TntBlockNames inner;   ///< on the pixels of each patch
  TntBlockNames outer;   ///< on [CLS] and the patches
  std::string norm, head;

  template <class V>
  void visit(V& v) {
    v("name.pixel", pixel);
    v("name.pixel_position", pixel_position);
    v("name.cls", cls);
    v("name.position", position);
    start.visit(v, "name.start.");
    merge.visit(v, "name.merge.");
    inner.visit(v, "name.inner.");
    outer.visit(v, "name.outer.");
    v("name.norm", norm);
    v("name.head", head);
  }
  bool operator==(const TntNames&) const = default;
};

}  // namespace vitgen
