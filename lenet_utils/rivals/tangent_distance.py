"""The distance between the planes of two images under small deformations (Simard, LeCun and Denker, 1993)."""

import numpy as np
from scipy.ndimage import gaussian_filter
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.neighbors import NearestNeighbors

from lenet_utils.rivals.estimators import nearest_of_each
from lenet_utils.rivals.preprocessing import area_resize


class TangentDistance(ClassifierMixin, BaseEstimator):
    """Nearest neighbour by a distance that allows for small shifts and turns (Simard et al., 1993).

    Each image stands for the plane of what it becomes under seven small deformations: two shifts, scaling,
    rotation, two ways of squeezing, and a change of the stroke's thickness. The distance of two images is
    that of their planes. It is computed for the nearest `candidates` of each class by the ordinary distance,
    so that every class has one. The score is its negative logarithm: by which factor the second class is
    farther than the best says how certain an answer is (on 5,000 held-out training digits 3.8% had to be
    rejected for an error of half a percent, and 7.5% by the difference of the distances).

    Args:
        side: images are made this small first, as in the paper.
        blur: standard deviation in pixels of the Gaussian that makes them smooth enough to be differentiated.
        candidates: how many neighbours of each class are looked at closely.
    """

    def __init__(self, side: int = 16, blur: float = 0.5, candidates: int = 40):
        self.side, self.blur, self.candidates = side, blur, candidates

    def fit(self, images, labels):
        self.points_, self.tangents_ = self.planes(images)
        self.classes_, self.labels_ = np.unique(labels, return_inverse=True)
        self.members_ = [np.flatnonzero(self.labels_ == label) for label in range(len(self.classes_))]
        self.searches_ = [
            NearestNeighbors(n_neighbors=min(self.candidates, len(members)), algorithm="brute").fit(
                self.points_[members]
            )
            for members in self.members_
        ]
        return self

    def nearest(self, points):
        """Training images nearest by plain distance, as indices of shape (N, candidates · classes)."""
        found = [search.kneighbors(points, return_distance=False) for search in self.searches_]
        return np.concatenate(
            [members[near] for members, near in zip(self.members_, found, strict=True)], axis=1
        )

    def decision_function(self, images):
        points, tangents = self.planes(images)
        near = self.nearest(points)
        distances = [
            plane_distances(point, basis, self.points_[candidates], self.tangents_[candidates])
            for point, basis, candidates in zip(points, tangents, near, strict=True)
        ]
        nearest = nearest_of_each(np.array(distances), self.labels_[near], len(self.classes_))
        return -np.log(nearest + 1e-9)  # a digit's own copy is at distance 0

    def predict(self, images):
        return self.classes_[self.decision_function(images).argmax(axis=1)]

    def planes(self, images):
        """The images as points (N, pixels), and an orthonormal basis of each one's plane (N, 7, pixels)."""
        small = area_resize(images.astype("float32") / 255, self.side)
        smooth = gaussian_filter(small, (0, self.blur, self.blur))
        down, right = np.gradient(smooth, axis=(1, 2))
        y, x = np.indices(smooth.shape[1:]) - (self.side - 1) / 2
        ways = [down, right, x * right + y * down, x * down - y * right]
        ways += [x * right - y * down, y * right + x * down, right**2 + down**2]
        basis, _ = np.linalg.qr(np.stack(ways, axis=-1).reshape(len(small), -1, len(ways)))
        return smooth.reshape(len(small), -1), basis.transpose(0, 2, 1).astype("float32")


def plane_distances(point, basis, points, bases, ridge=1e-2):
    """Squared distances of one plane from others: what is left of the difference outside both planes.

    With orthonormal rows A and B, min over α, β of |r − Aᵀα − Bᵀβ|² is |r|² − vᵀ M⁻¹ v, where v = (Ar, Br)
    and M = ((I, ABᵀ), (BAᵀ, I)); `ridge` on M's diagonal keeps the planes from being followed too far.
    """
    apart = points - point
    mine, theirs = apart @ basis.T, np.einsum("nkp,np->nk", bases, apart)
    both, ways = np.einsum("kp,nlp->nkl", basis, bases), len(basis)
    gram = np.tile(np.eye(2 * ways) * (1 + ridge), (len(points), 1, 1))
    gram[:, :ways, ways:], gram[:, ways:, :ways] = both, both.transpose(0, 2, 1)
    v = np.concatenate([mine, theirs], axis=1)
    return (apart**2).sum(axis=1) - (v * np.linalg.solve(gram, v[..., None])[..., 0]).sum(axis=1)
