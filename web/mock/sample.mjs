// Invented data of the stand-in.
const person = (name, roles, department, enterprises = []) => ({ name, roles, department, enterprises });
export const accounts = [
  { name: 'qiye', password: 'sample-password', person: person('王小高', ['applicant'], null, [{ id: 'E0001', name: '示例机械有限公司' }]) },
  { name: 'chuangkou', password: 'sample-password', person: person('李窗口', ['window'], 'ASB') },
  ...['NRB', 'CHB', 'CDO', 'EEB'].map((code) => ({ name: code.toLowerCase(), password: 'sample-password', person: person(`审批员${code}`, ['reviewer'], code) })),
  { name: 'chb-head', password: 'sample-password', person: person('赵主任', ['head'], 'CHB') },
  { name: 'admin', password: 'sample-password', person: person('管理员', ['admin', 'auditor'], 'ADM') },
];

const paper = (id, name, nameEn, source = 'applicant', tolerateWorkdays = 0, commitment = false) => ({ id, name, nameEn, source, tolerable: tolerateWorkdays > 0, tolerateWorkdays, commitment });
const papers = [
  paper('F02', '营业执照(电子证照)', 'Business licence', 'shared'),
  paper('F16', '建设工程设计方案(总平面、单体)', 'Design scheme'),
  paper('F19', '勘察报告', 'Survey report', 'expert'),
  paper('F24', '施工合同与中标通知书', 'Construction contract', 'applicant', 5),
  paper('F26', '危大工程清单与安全措施', 'List of dangerous works', 'applicant', 0, true),
];
const days = (n) => ({ n, unit: 'workday' });
const matter = (id, name, nameEn, owner, stage, legal, promised, apply = false) => ({
  id, name, nameEn, owner, stage, group: 'approval', kind: '许可', legalLimit: legal, promisedLimit: promised, apply, cooperating: ['CDO', 'EEB'],
  basis: [{ rule: '中华人民共和国行政许可法', sure: true }], documents: papers, prerequisites: ['A105'], stopClock: ['专家评审', '公示'],
  steps: [{ key: 's1', name: '窗口核验' }, { key: 's2', name: '部门审查' }, { key: 's3', name: '会签决定' }, { key: 's4', name: '同步发证' }],
  result: { name, validity: '长期' }, form: 'factory-project',
});
export const matters = [
  matter('S25', '工业项目开工直通车(规划许可与施工许可一并办理)', 'Factory project, express: planning and construction permit together', 'ASB', 2, days(20), days(10), true),
  matter('A201', '建设工程设计方案审查', 'Review of the design scheme', 'NRB', 2, null, days(3)),
  matter('A202', '建设工程规划许可证', 'Planning permit for construction works', 'NRB', 2, days(20), days(3)),
  matter('A304', '建筑工程施工许可证', 'Construction permit', 'CHB', 3, { n: 7, unit: 'day' }, days(2)),
  matter('A107', '建设项目环境影响报告书审批(环评)', 'Environmental impact report approval', 'EEB', 1, { n: 60, unit: 'day' }, days(10)),
];

export const steps = [
  { key: 'submit', name: '提交申请', nameEn: 'Submitted', state: 'done' },
  { key: 'intake', name: '收件核验', nameEn: 'Documents', state: 'waiting' },
  { key: 'correction', name: '补正', nameEn: 'Correction', state: 'waiting' },
  { key: 'review', name: '部门审查', nameEn: 'Review', state: 'waiting' },
  { key: 'decision', name: '会签决定', nameEn: 'Decision', state: 'waiting' },
  { key: 'issue', name: '同步发证', nameEn: 'Permits', state: 'waiting' },
];

export const reviews = [
  ['NRB', '规划许可审查', 'Planning review'],
  ['CHB', '施工许可要件核对', 'Construction check'],
  ['CDO', '人防意见', 'Civil defence opinion'],
  ['EEB', '环境意见', 'Environment opinion'],
];

export function needed(project) {
  const of = (id, name, nameEn, owner, is, reason) => ({ id, name, nameEn, owner, stage: 2, needed: is, reason });
  const energy = project.energyTce === undefined || project.energyTce === null ? 'unclear' : project.energyTce >= 1000 ? 'yes' : 'no';
  return [
    of('A201', '建设工程设计方案审查', 'Design scheme review', 'NRB', 'yes', '新建工程都需要'),
    of('A202', '建设工程规划许可证', 'Planning permit', 'NRB', 'yes', '新建工程都需要'),
    of('A304', '建筑工程施工许可证', 'Construction permit', 'CHB', 'yes', '建筑面积达到 500 m²'),
    of('A106', '节能审查', 'Energy review', 'EOB', energy, energy === 'unclear' ? '年综合能耗未填写' : `年综合能耗 ${project.energyTce} tce`),
    of('A203', '人防地下室审批', 'Civil air defence', 'CDO', project.civilFloorAreaM2 > 0 ? 'yes' : 'no', '没有民用建筑面积'),
  ];
}

export const trace = [
  { decision: 'D08', name: '需要的事项', rule: '第 3 行', matched: true, reason: '建筑面积 12,000 m² ≥ 500 m²', inputs: { floorAreaM2: 12000 } },
  { decision: 'D08', name: '需要的事项', rule: '第 7 行', matched: false, reason: '没有民用建筑面积', inputs: { civilFloorAreaM2: 0 } },
];

const projects = Array.from({ length: 57 }, (_, i) => ({
  id: `P${String(i + 1).padStart(3, '0')}`, name: `${['新能源装备', '智能化驾驶室', '精密铸造', '生物发酵', '工程机械配套'][i % 5]}项目${i + 1}`, enterpriseId: i % 9 ? `E00${i}` : 'E0001',
  category: i % 4 ? '产业' : '基础设施', level: i % 3 ? '市级' : '省级', stage: ['前期', '在建', '竣工'][i % 3], investmentWan: 5000 + i * 731, plannedStart: '2026-03-01', floorAreaM2: i % 7 ? 8000 + i * 120 : null,
}));
export const lamps = projects.map((one, i) => ({ id: one.id, name: one.name, lamp: ['green', 'green', 'yellow', 'green', 'red', 'grey'][i % 6], reason: ['按计划', '按计划', '落后 12 天', '提前', '超期 31 天未开工', '无周报'][i % 6] }));
const field = (title, en, more = {}) => ({ title, 'x-en': en, type: 'string', ...more });
export const registers = {
  project: {
    id: 'project', title: { zh: '重点项目', en: 'Key projects' }, key: 'id', titleField: 'name', sort: 'id', columns: ['id', 'name', 'category', 'stage', 'investmentWan'], filters: ['category', 'stage'], records: projects,
    schema: { type: 'object', properties: {
      id: field('编号', 'No.'), name: field('名称', 'Name'), category: field('类别', 'Category', { enum: ['产业', '基础设施'] }), level: field('级别', 'Level'), stage: field('阶段', 'Stage', { enum: ['前期', '在建', '竣工'] }),
      investmentWan: field('总投资(万元)', 'Investment (10,000 yuan)', { type: ['integer', 'null'] }), floorAreaM2: field('建筑面积(m²)', 'Floor area (m²)', { type: ['number', 'null'] }), plannedStart: field('计划开工', 'Planned start', { format: 'date' }), enterpriseId: field('企业', 'Company'),
    } },
  },
  enterprise: {
    id: 'enterprise', title: { zh: '企业', en: 'Enterprises' }, key: 'id', titleField: 'name', sort: 'id', columns: ['id', 'name', 'uscc', 'industry'], filters: [],
    records: [{ id: 'E0001', name: '示例机械有限公司', uscc: '913708996312043113', industry: '工程机械' }],
    schema: { type: 'object', properties: { id: field('编号', 'No.'), name: field('名称', 'Name'), uscc: field('统一社会信用代码', 'Credit code'), industry: field('行业', 'Industry') } },
  },
};

export const packages = [
  { name: 'approval', version: '1.0.0', title: { zh: '工程建设审批', en: 'Approval' }, loadedAt: '2026-11-23T09:00:00+08:00', counts: { matter: 36, process: 5, decision: 6, form: 1 }, findings: [] },
  { name: 'sample', version: '1.0.0', title: { zh: '样例高新区', en: 'Sample zone' }, sample: true, loadedAt: '2026-11-23T09:00:00+08:00', counts: { register: 6 }, findings: [{ level: 'warning', place: 'registers/projects.json:12', text: 'levels are empty in 3 records' }] },
];
export const audit = Array.from({ length: 12 }, (_, i) => ({ seq: 12 - i, at: '2026-11-23T09:30:00+08:00', actor: i % 3 ? 'qiye' : 'admin', action: i % 4 ? 'case.read' : 'session.create', object: 'GX-2026-000001', result: i % 5 ? 'done' : 'refused' }));
