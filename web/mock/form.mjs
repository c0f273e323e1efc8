// The application form of the stand-in: the eight topics, fewer fields.
const text = (key, label, en, more = {}) => ({ type: 'textfield', id: key, key, label, properties: { en, ...more.properties }, ...more.rest, validate: more.validate ?? { required: true } });
const number = (key, label, en, unit, required = true) => ({
  type: 'number', id: key, key, label, properties: { en }, appearance: { suffixAdorner: unit }, validate: { required, min: 0 },
});
const group = (id, label, en, path, components) => ({ type: 'group', id, label, properties: { en }, ...(path ? { path } : {}), components });

export const form = {
  type: 'default',
  id: 'factory-project',
  schemaVersion: 18,
  components: [
    group('applicant', '建设单位与经办人', 'Builder and agent', 'applicant', [
      text('uscc', '统一社会信用代码', 'Social credit code', { properties: { check: 'uscc' } }),
      text('name', '单位名称', 'Name'),
      text('agent', '经办人', 'Agent'),
      text('phone', '联系电话', 'Phone', { validate: { required: true, validationType: 'phone' } }),
    ]),
    group('project', '项目与用地', 'Project and land', 'project', [
      text('name', '项目名称', 'Project name'),
      text('address', '项目地址', 'Address'),
      { type: 'select', id: 'landMode', key: 'landMode', label: '供地方式', properties: { en: 'Land by' }, values: [{ label: '出让', value: '出让', en: 'Grant' }, { label: '租赁', value: '租赁', en: 'Lease' }], validate: { required: true } },
      number('landAreaM2', '用地面积', 'Land area', 'm²'),
    ]),
    group('scale', '规模与建筑', 'Scale and buildings', 'project', [
      number('floorAreaM2', '总建筑面积', 'Floor area', 'm²'),
      number('investmentWan', '总投资', 'Investment', '万元'),
      { type: 'dynamiclist', id: 'buildings', path: 'buildings', label: '单体建筑', properties: { en: 'Buildings' }, showOutline: true, defaultRepetitions: 1, allowAddRemove: true,
        components: [text('buildingName', '名称', 'Name', { validate: {} }), number('storeys', '层数', 'Storeys', '层', false)] },
    ]),
    group('environment', '能耗与环境', 'Energy and environment', 'project', [
      number('energyTce', '年综合能耗', 'Energy a year', 'tce'),
      { type: 'radio', id: 'eiaClass', key: 'eiaClass', label: '环评类别', properties: { en: 'Environmental assessment' }, values: ['报告书', '报告表', '登记表', '豁免'].map((one) => ({ label: one, value: one })), validate: { required: true } },
      { type: 'checkbox', id: 'specialFire', key: 'specialFire', label: '属于特殊建设工程(消防)', properties: { en: 'Special works (fire)' } },
    ]),
    group('documents', '图纸与材料', 'Drawings and documents', null, []),
    group('contractors', '参建单位', 'Contractors', 'project', [text('designer', '设计单位', 'Designer', { validate: {} }), text('contractor', '施工单位', 'Contractor', { validate: {} })]),
    group('promises', '承诺', 'Promises', null, []),
    group('summary', '核对并提交', 'Check and send', null, []),
  ],
};
