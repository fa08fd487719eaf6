//! Components: the trait, the registry, the sources and the stock kinds that turn an instance into objects.
