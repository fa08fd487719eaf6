//! The results of Kubernetes expressions, and the errors of invalid ones.

use std::fmt::Write as _;

use aqueduct_cel::{CelDialect, Datum, ExpressionScope, ExpressionType, Program, Unknown, Variables};
use aqueduct_manifest::yaml;

/// Evaluates each line, and returns it with its type and its value or error.
fn table(lines: &str) -> String {
    let object = "
metadata: {name: web, labels: {app: web, tier: front}}
spec:
  replicas: 3
  share: 0.5
  ports: [80, 443]
  containers:
    - {name: a, image: 'registry.example.com/a:1', resources: {limits: {memory: 64Mi}}}
    - {name: b, image: 'nginx'}
";
    let object = yaml::read(object).expect("the object is YAML");
    let time = ExpressionType::object(
        "Thing",
        [
            ("when", ExpressionType::Timestamp),
            ("__namespace__", ExpressionType::String),
            ("size", ExpressionType::Int),
        ],
    );
    let thing = yaml::read("{when: 2024-02-29T12:00:00Z, namespace: here}").expect("the thing is YAML");
    let unknown = Unknown::new();
    let scope = ExpressionScope::new(CelDialect::Kubernetes)
        .with("object", ExpressionType::Dyn)
        .with("thing", time.clone())
        .with("authorizer", ExpressionType::Opaque("kubernetes.authorization.Authorizer"));
    let variables = Variables::new()
        .with("object", Datum::new(&object))
        .with("thing", Datum::typed(&thing, &time))
        .with("authorizer", unknown.datum());
    let mut text = String::new();
    for line in lines.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let answer = match Program::compile(line, &scope) {
            Err(error) => {
                error.message.lines().filter(|line| !line.starts_with(" | ")).collect::<Vec<_>>().join("; ")
            }
            Ok(program) => match program.evaluate(&variables) {
                _ if unknown.take() => "only a server can tell".to_owned(),
                Ok(datum) => format!("{datum} ({})", program.result()),
                Err(error) => format!("error: {error}"),
            },
        };
        writeln!(text, "{line}\n    {answer}").expect("text can be written");
    }
    text
}

/// Compares the answers with the reviewed ones.
fn check(name: &str, lines: &str) {
    insta::with_settings!({ omit_expression => true }, { insta::assert_snapshot!(name, table(lines)) });
}

#[test]
fn objects() {
    check(
        "objects",
        "
        object.spec.containers.all(c, c.image.startsWith('registry.example.com/'))
        object.spec.containers.exists(c, has(c.resources) && 'memory' in c.resources.limits)
        object.spec.containers.map(c, c.?resources.?limits.?memory.orValue('none'))
        object.metadata.labels.map(k, k + '=' + object.metadata.labels[k]).join(',')
        object.metadata.labels.transformList(k, v, v != 'web', k)
        object.metadata.labels.transformMap(k, v, v.upperAscii())
        object.metadata.labels.transformMapEntry(k, v, {v: k})
        object.spec.ports.all(i, p, p > i)
        object.spec.ports.existsOne(i, p, i == 1)
        object.metadata.annotations['a']
        object.metadata.?annotations['a']
        object.spec.ports[2]
        object.spec.replicas == '3'
        object.spec.replicas + '3'
        object.spec.share * 2.0
        object.spec.ports.orValue([]).size()
        has(object.spec.nope.deeper)
        type(object.spec.replicas) == int
        thing.when < timestamp('2024-03-01T00:00:00Z')
        thing.when.getDate()
        has(thing.size)
        thing.__namespace__
        ",
    );
}

#[test]
fn libraries() {
    check(
        "libraries",
        "
        quantity('1.5Gi').isGreaterThan(quantity('1500Mi'))
        quantity('200M').sub(quantity('20M')).compareTo(quantity('180000k'))
        quantity('50k').add(20).asInteger()
        quantity('50.1').isInteger()
        quantity('1gi')
        sign(quantity('-1'))
        isQuantity('1.3Gii')
        semver('1.2.3-rc.1').isLessThan(semver('1.2.3'))
        semver('v01.2', true).minor()
        isSemver('v1.2.3')
        ip('10.1.2.3').family() + ip('fe80::1').family()
        ip('169.254.1.1').isLinkLocalUnicast() && !ip('10.0.0.1').isLoopback() && ip('8.8.8.8').isGlobalUnicast()
        ip.isCanonical('::0001')
        isIP('::ffff:1.2.3.4')
        cidr('192.168.7.1/16').masked()
        string(cidr('192.168.7.1/16').masked())
        cidr('10.0.0.0/8').containsCIDR('10.96.0.0/12') && !cidr('10.0.0.0/8').containsIP('11.0.0.1')
        cidr('2001:db8::/32').prefixLength()
        url('https://user:pw@example.com:80/a b/?k=1&k=2').getQuery()
        url('https://[::1]:8080/a b').getHostname() + url('https://[::1]:8080/a b').getEscapedPath()
        isURL('../relative')
        'abc 123 def 456'.findAll('[0-9]+')
        'abc 123'.find('[0-9]+')
        [3, 1, 2].isSorted() || [1, 2, 3].isSorted()
        [1.5, 2.5].sum() + 1.0
        [duration('1h'), duration('30m')].sum()
        ['b', 'a'].max() + ['b', 'a'].min()
        [].min()
        [1, 2, 1].lastIndexOf(1) + [1, 2, 1].indexOf(3)
        sets.contains([1, 2, 3], [2]) && sets.equivalent([1, 2], [2, 1, 1]) && !sets.intersects([1], [2])
        [[1], [2, 3]].flatten().distinct().reverse()
        lists.range(3).slice(1, 3)
        [{'n': 2}, {'n': 1}].sortBy(e, e.n)
        format.dns1123Label().validate('Not Valid')
        format.named('uuid').value().validate('6b7c9e1a-0f5b-4a8e-9d57-2f0a1c1b9e11').hasValue()
        format.named('nope').hasValue()
        'a,b,c'.split(',', 2)
        'a.b.c'.replace('.', '-', 1)
        '%s has %d of %.1f'.format(['web', 3, 4.0])
        timestamp('2024-02-29T12:00:00Z').getHours('America/New_York')
        optional.of(1).optMap(x, x + 1).orValue(0)
        [1, 2].filter(n, n > 1).map(n, string(n))
        [] + [[], ['a']]
        [].map(n, n + 1)
        true ? [] : [1u]
        ",
    );
}

#[test]
fn faults() {
    check(
        "faults",
        "
        object.spec.replicas >
        foo.bar == 1
        object.metadata.name.length()
        'a' + 1
        1 == 'a'
        1 < 1.5
        [1, 'a']
        {'a': 1, 'b': 'x'}
        true ? 1 : 'a'
        thing.sise
        thing.size.deep
        1.all(x, x)
        'a'.matches('(')
        int('0x1')
        duration('1d')
        sets.contains([1.0], [1])
        'abc'.reverse()
        math.greatest(1, 2)
        base64.encode(b'a')
        cel.bind(x, 1, x)
        has(object)
        1 / 0
        9223372036854775807 + 1
        [1, 2].map(x, x / (x - 1))
        authorizer.group('').resource('pods').check('get').allowed()
        true || authorizer.path('/').check('get').allowed()
        ",
    );
}
