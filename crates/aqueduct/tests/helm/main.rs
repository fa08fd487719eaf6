//! `helm template`: over the corpus, over small charts for each feature, and against Helm itself.

mod charts;
mod corpus;
#[path = "../../../helm/tests/corpus_folder/mod.rs"]
mod corpus_folder;
mod differential;
mod set;
#[path = "../../../helm/tests/truth_table/mod.rs"]
mod truth_table;
