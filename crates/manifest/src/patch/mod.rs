//! Changes to objects: strategic merge, JSON patch (RFC 6902), JSON merge patch (RFC 7386).
