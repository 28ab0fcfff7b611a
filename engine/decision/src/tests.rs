//! Evaluation, of decisions as readers give them.
